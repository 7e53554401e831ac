import * as pulumi from "@pulumi/pulumi";

class ConfigurationApply extends pulumi.CustomResource {
  constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    super("talos:machine/configurationApply:ConfigurationApply", name, args, opts);
  }
}

class Bootstrap extends pulumi.CustomResource {
  constructor(name: string, args: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    super("talos:machine/bootstrap:Bootstrap", name, args, opts);
  }
}

function getConfigurationOutput(args: pulumi.Inputs): pulumi.Output<{ machineConfiguration: string }> {
  return pulumi.runtime.invokeOutput("talos:machine/getConfiguration:getConfiguration", args);
}

/** Stands in for the module `machine` of @pulumiverse/talos under mocks. */
export const machine = { ConfigurationApply, Bootstrap, getConfigurationOutput };
