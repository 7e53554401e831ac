import { needNextRoot, RealNodes } from "./realNodes";

/** A machine of Talos 1.14 in maintenance mode, by itself in a network. */
export interface NextNode {
  readonly nodes: RealNodes;
  readonly address: string;
  readonly rootfs: string;
}

const NAME = "cp1";

/** Starts one. A container of Talos 1.14 has no Reboot API. */
export async function startNextNode(context: Mocha.Context): Promise<NextNode> {
  const rootfs = await needNextRoot(context);
  const nodes = await RealNodes.create();
  const { address } = await nodes.start(NAME, { rootfs });
  await nodes.untilInMaintenance(NAME, address);
  return { nodes, address, rootfs };
}

/** What a config of Talos 1.14 needs to pull images on such a machine. */
export const registryDocument = ({ nodes }: NextNode): string => `apiVersion: v1alpha1
kind: RegistryMirrorConfig
name: "*"
endpoints: [{ url: "http://${nodes.registryAddress}" }]
skipFallback: true
`;
