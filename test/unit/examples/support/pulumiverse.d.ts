// What examples/pulumiverse uses of two packages that are not installed here: their inputs, word for word as far as
// they matter. Sources: pulumiverse/pulumi-talos v0.8.1, sdk/nodejs; @pulumi/hcloud 1.41.0, server.d.ts.

declare module "@pulumiverse/talos" {
  import * as pulumi from "@pulumi/pulumi";

  export namespace machine {
    interface ClientConfiguration {
      caCertificate: pulumi.Input<string>;
      clientCertificate: pulumi.Input<string>;
      clientKey: pulumi.Input<string>;
    }
    interface CertificateArgs {
      cert: pulumi.Input<string>;
      key: pulumi.Input<string>;
    }
    interface MachineSecretsArgs {
      certs: pulumi.Input<{
        etcd: pulumi.Input<CertificateArgs>;
        k8s: pulumi.Input<CertificateArgs>;
        k8sAggregator: pulumi.Input<CertificateArgs>;
        k8sServiceaccount: pulumi.Input<{ key: pulumi.Input<string> }>;
        os: pulumi.Input<CertificateArgs>;
      }>;
      cluster: pulumi.Input<{ id: pulumi.Input<string>; secret: pulumi.Input<string> }>;
      secrets: pulumi.Input<{
        aescbcEncryptionSecret?: pulumi.Input<string | undefined>;
        bootstrapToken: pulumi.Input<string>;
        secretboxEncryptionSecret: pulumi.Input<string>;
      }>;
      trustdinfo: pulumi.Input<{ token: pulumi.Input<string> }>;
    }
    interface ConfigurationApplyArgs {
      applyMode?: pulumi.Input<string | undefined>;
      clientConfiguration?: pulumi.Input<ClientConfiguration | undefined>;
      configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
      endpoint?: pulumi.Input<string | undefined>;
      machineConfigurationInput?: pulumi.Input<string | undefined>;
      node: pulumi.Input<string>;
    }
    class ConfigurationApply extends pulumi.CustomResource {
      constructor(name: string, args: ConfigurationApplyArgs, opts?: pulumi.CustomResourceOptions);
    }
    interface BootstrapArgs {
      clientConfiguration?: pulumi.Input<ClientConfiguration | undefined>;
      endpoint?: pulumi.Input<string | undefined>;
      node: pulumi.Input<string>;
    }
    class Bootstrap extends pulumi.CustomResource {
      constructor(name: string, args: BootstrapArgs, opts?: pulumi.CustomResourceOptions);
    }
    interface GetConfigurationOutputArgs {
      clusterEndpoint: pulumi.Input<string>;
      clusterName: pulumi.Input<string>;
      configPatches?: pulumi.Input<pulumi.Input<string>[] | undefined>;
      kubernetesVersion?: pulumi.Input<string | undefined>;
      machineSecrets: pulumi.Input<MachineSecretsArgs>;
      machineType: pulumi.Input<string>;
      talosVersion?: pulumi.Input<string | undefined>;
    }
    function getConfigurationOutput(args: GetConfigurationOutputArgs): pulumi.Output<{ machineConfiguration: string }>;
  }
}

declare module "@pulumi/hcloud" {
  import * as pulumi from "@pulumi/pulumi";

  interface ServerArgs {
    image?: pulumi.Input<string | undefined>;
    serverType: pulumi.Input<string>;
    userData?: pulumi.Input<string | undefined>;
  }
  class Server extends pulumi.CustomResource {
    readonly ipv4Address: pulumi.Output<string>;
    constructor(name: string, args: ServerArgs, opts?: pulumi.CustomResourceOptions);
  }
}
