import type { handleUnaryCall, ServerErrorResponse, ServiceError, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { type IResourceProviderServer, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";

import { PkiError } from "../../core/errors";
import { PartialFailure } from "../../engine/partialFailure";
import type { Properties } from "../../engine/wire";
import { Changes } from "../changes";
import type { CheckResult, Plugin } from "./provider";
import { Any, CHANNEL_OPTIONS, Empty, grpc, Struct } from "./pulumiModules";

/** What a component is answered that the engine cancels. */
export class ConstructCancelled extends Error {
  override readonly name = "ConstructCancelled";
}

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  /** Whether a request that changes a resource, and perhaps a node, is under way. */
  isChanging(): boolean;
  close(): void;
}

/** What the server asks of its surroundings, beside the resources. */
export interface ServerOptions {
  readonly version: string;
  /** Loaded at the first request that needs it: the engine waits for the port. */
  getPlugin(): Plugin;
  /** The package's schema, JSON. */
  getSchema(): Promise<string>;
  /** Makes a component; its modules are loaded at the first one. */
  construct(request: messages.ConstructRequest): Promise<messages.ConstructResponse>;
  /** Rejects the components that are being made, with a `ConstructCancelled`. */
  cancelConstruct(): void;
  /** Called when an engine attaches itself to a running plugin. */
  attach(engineAddress: string): void;
}

/**
 * Serves a plugin to the engine, and to nobody else on the machine's network. Pulumi's own `provider.main` drops the
 * provider's configuration, fails an import, ignores Cancel and prints the stack of every rejection.
 *
 * Source: pulumi/pulumi proto/pulumi/provider.proto and sdk/nodejs/provider/server.ts, v3.142 to v3.245.
 */
export async function servePlugin(options: ServerOptions): Promise<RunningServer> {
  const server = new grpc.Server(CHANNEL_OPTIONS);
  const changes = new Changes();
  // gRPC answers a method that is not here with UNIMPLEMENTED, which the engine knows what to make of.
  server.addService(ResourceProviderService, methods(options, changes) as UntypedServiceImplementation);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null)
        resolve({
          port,
          isChanging: () => changes.areUnderWay(),
          close: () => {
            server.forceShutdown();
          },
        });
      else reject(error);
    });
  });
}

function methods(options: ServerOptions, changes: Changes): Partial<IResourceProviderServer> {
  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(options.version)),
    getSchema: unary(async (request) => {
      const form = request.getVersion();
      if (form !== 0) throw new PkiError("ERR_INPUT_INVALID", `there is no schema of version ${form}; must be 0`);
      return new messages.GetSchemaResponse().setSchema(await options.getSchema());
    }),
    attach: unary((request) => {
      options.attach(request.getAddress());
      return new Empty();
    }),
    cancel: unary(async () => {
      options.getPlugin().cancel();
      // The engine cancels when a resource of a component has failed, and then closes the connection: a component that has no
      // answer by then is reported as `grpc: the client connection is closing`.
      options.cancelConstruct();
      await new Promise(setImmediate);
      return new Empty();
    }),
    checkConfig: unary((request) => checked(options.getPlugin().checkConfig(read(request.getNews())))),
    diffConfig: unary(() => new messages.DiffResponse()),
    configure: unary((request) => {
      options.getPlugin().configure(read(request.getArgs()));
      // Without `supportsPreview` the engine creates and updates nothing in a preview, nor asks for it.
      return new messages.ConfigureResponse().setAcceptsecrets(true).setAcceptresources(true).setAcceptoutputs(true);
    }),
    check: unary(async (request) =>
      checked(await options.getPlugin().check(request.getUrn(), read(request.getOlds()), read(request.getNews()))),
    ),
    diff: unary(async (request) => {
      const [olds, news] = [read(request.getOlds()), read(request.getNews())];
      const { changes } = await options.getPlugin().diff(request.getId(), request.getUrn(), olds, news);
      return new messages.DiffResponse().setChanges(changesOf(changes));
    }),
    create: unary(async (request) => {
      const inputs = read(request.getProperties());
      if (request.getPreview()) return new messages.CreateResponse().setProperties(write(inputs));
      const { id, outs } = await changes.run(() => options.getPlugin().create(request.getUrn(), inputs));
      return new messages.CreateResponse().setId(id).setProperties(write(outs));
    }),
    read: unary(async (request) => {
      const { id, props, inputs } = await options
        .getPlugin()
        .read(request.getId(), request.getUrn(), read(request.getProperties()));
      const response = new messages.ReadResponse().setId(id).setProperties(write(props));
      return inputs === undefined ? response : response.setInputs(write(inputs));
    }),
    update: unary(async (request) => {
      const [olds, news] = [read(request.getOlds()), read(request.getNews())];
      if (request.getPreview()) return new messages.UpdateResponse().setProperties(write(news));
      const { outs } = await changes.run(() =>
        options.getPlugin().update(request.getId(), request.getUrn(), olds, news),
      );
      return new messages.UpdateResponse().setProperties(write(outs));
    }),
    construct: unary((request) => options.construct(request)),
    delete: unary(async (request) => {
      await changes.run(() =>
        options.getPlugin().delete(request.getId(), request.getUrn(), read(request.getProperties())),
      );
      return new Empty();
    }),
  };
}

/** An import has no properties, and a first check no old ones. */
const read = (struct: InstanceType<typeof Struct> | undefined): Properties => struct?.toJavaScript() ?? {};
// The wire is JSON; Pulumi's type of it leaves no room for `unknown`.
const write = (properties: Properties): InstanceType<typeof Struct> =>
  Struct.fromJavaScript(properties as Parameters<typeof Struct.fromJavaScript>[0]);

function checked({ inputs, failures }: CheckResult): messages.CheckResponse {
  const list = failures.map(({ property, reason }) =>
    new messages.CheckFailure().setProperty(property).setReason(reason),
  );
  return new messages.CheckResponse().setInputs(write(inputs)).setFailuresList(list);
}

function changesOf(changes: boolean | undefined): messages.DiffResponse.DiffChanges {
  const { DIFF_NONE, DIFF_SOME, DIFF_UNKNOWN } = messages.DiffResponse.DiffChanges;
  if (changes === undefined) return DIFF_UNKNOWN;
  return changes ? DIFF_SOME : DIFF_NONE;
}

function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    const run = async (): Promise<Response> => answer(request);
    run().then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(statusOf(error));
      },
    );
  };
}

/** What the engine prints is the message; of an error that nobody foresaw, the stack as well. */
function statusOf(error: unknown): ServerErrorResponse | Partial<ServiceError> {
  if (error instanceof PartialFailure) return partialStatus(error);
  if (error instanceof ConstructCancelled) return { code: grpc.status.CANCELLED, details: error.message };
  if (!(error instanceof PkiError))
    process.stderr.write(`${error instanceof Error ? (error.stack ?? "") : String(error)}\n`);
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

/** Details by which the engine stores what an operation has changed before it failed. */
function partialStatus({ id, message, properties, reasons }: PartialFailure): Partial<ServiceError> {
  const failure = new messages.ErrorResourceInitFailed()
    .setId(id)
    .setProperties(write(properties))
    .setReasonsList([...reasons]);
  const detail = new Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const code = grpc.status.UNKNOWN;
  const metadata = new grpc.Metadata();
  const status = new Status().setCode(code).setMessage(message).setDetailsList([detail]);
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code, details: message, metadata };
}
