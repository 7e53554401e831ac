import * as pulumi from "@pulumi/pulumi";

/** The part of Pulumi's wire (RegisterResourceRequest) that mocks hide. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProtect(): boolean;
  getProvider(): string;
  getAdditionalsecretoutputsList(): string[];
  getDependenciesList(): string[];
  getSourceposition(): { getUri(): string } | undefined;
  getObject(): { toJavaScript(): Record<string, unknown> };
}
interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): unknown;
}

/** What a program asked the engine for. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly request: RegisterRequest;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Secrets arrive marked. */
function clear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clear);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value) return clear((value as unknown as { value: unknown }).value);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, clear(child)]));
}

/** Resources that are registered with an engine of mocks, one after the other. */
export class Registrations {
  private readonly seen: Registration[] = [];
  private readonly answers = new Map<string, Record<string, unknown>>();

  /** Takes the place of the engine. */
  async listen(): Promise<void> {
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...(inputs as Record<string, unknown>), ...this.answers.get(type.split(":").pop() ?? "") },
      }),
      call: () => ({}),
    });
    // Mocks are not told of a resource's options, the engine is.
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
      const inputs = clear(request.getObject().toJavaScript()) as Record<string, unknown>;
      if (request.getCustom()) this.seen.push({ type: request.getType(), name: request.getName(), inputs, request });
      return register(request, callback);
    };
  }

  /** Outputs of every resource of a kind from now on. */
  answer(kind: string, outputs: Record<string, unknown>): void {
    this.answers.set(kind, outputs);
  }

  clear(): void {
    this.seen.length = 0;
  }

  /** The next resource that arrives. */
  async next(): Promise<Registration> {
    for (let turn = 0; turn < 1000; turn++) {
      const first = this.seen.shift();
      if (first !== undefined) return first;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error("no resource was registered");
  }

  /** The resource that `make` makes. */
  of(make: () => pulumi.Resource): Promise<Registration> {
    make();
    return this.next();
  }
}
