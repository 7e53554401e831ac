import * as pulumi from "@pulumi/pulumi";

/** Stands in for the server of @pulumi/hcloud under mocks. */
export class Server extends pulumi.CustomResource {
  declare readonly ipv4Address: pulumi.Output<string>;

  constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    super("hcloud:index/server:Server", name, { ipv4Address: undefined, ...args }, opts);
  }
}
