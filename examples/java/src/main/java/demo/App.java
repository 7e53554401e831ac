package demo;

import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import com.pulumi.resources.CustomResourceOptions;
import com.pulumi.talospki.ClientConfiguration;
import com.pulumi.talospki.ClientConfigurationArgs;
import com.pulumi.talospki.Kubeconfig;
import com.pulumi.talospki.KubeconfigArgs;
import com.pulumi.talospki.MachineConfig;
import com.pulumi.talospki.MachineConfigArgs;
import com.pulumi.talospki.TalosSecrets;
import com.pulumi.talospki.TalosSecretsArgs;
import com.pulumi.talospki.enums.MachineType;
import com.pulumi.talospki.enums.RotationStage;
import com.pulumi.talospki.enums.TalosRole;
import com.pulumi.talospki.inputs.RotationOptionsArgs;
import com.pulumi.talospki.inputs.StagedRotationArgs;
import com.pulumi.talospki.outputs.StagedRotationStatus;
import java.util.Arrays;
import java.util.Map;

/** One Talos cluster: its authorities and secrets, a talosconfig, a kubeconfig and the machine configs. */
public class App {
  private static final String CLUSTER_NAME = "demo";
  private static final String CLUSTER_ENDPOINT = "https://10.0.0.10:6443";

  public static void main(String[] args) {
    Pulumi.run(App::stack);
  }

  private static void stack(Context context) {
    var secretsArgs = TalosSecretsArgs.builder().talosVersion("v1.13");
    // A rotation of the OS authority: `pulumi config set rotationStage accept`, then swap, then finish; one `pulumi up` each.
    context.config().get("rotationStage").ifPresent(stage -> secretsArgs.rotation(rotation(stage)));

    // A real cluster's keys should stay protected: with true, `pulumi destroy` refuses to lose them.
    var options = CustomResourceOptions.builder().protect(false).build();
    var secrets = new TalosSecrets(CLUSTER_NAME, secretsArgs.build(), options);
    Output<Object> bundle = secrets.secrets().applyValue(value -> value);

    var admin =
        new ClientConfiguration(
            "admin",
            ClientConfigurationArgs.builder()
                .secrets(bundle)
                .clusterName(CLUSTER_NAME)
                .endpoints("10.0.0.10")
                .nodes("10.0.0.10")
                .roles(TalosRole.OsAdmin)
                .build());
    var kubernetesAdmin =
        new Kubeconfig(
            "admin",
            KubeconfigArgs.builder()
                .secrets(bundle)
                .clusterName(CLUSTER_NAME)
                .clusterEndpoint(CLUSTER_ENDPOINT)
                .build());
    var controlPlane =
        new MachineConfig(
            "controlplane",
            MachineConfigArgs.builder()
                .secrets(bundle)
                .clusterName(CLUSTER_NAME)
                .clusterEndpoint(CLUSTER_ENDPOINT)
                .machineType(MachineType.Controlplane)
                .configPatches(Map.of("machine", Map.of("network", Map.of("hostname", "demo-1"))))
                .build());
    var worker =
        new MachineConfig(
            "worker",
            MachineConfigArgs.builder()
                .secrets(bundle)
                .clusterName(CLUSTER_NAME)
                .clusterEndpoint(CLUSTER_ENDPOINT)
                .machineType(MachineType.Worker)
                .build());

    context.export("talosconfig", admin.talosconfig());
    context.export("talosconfigExpires", admin.notAfter());
    context.export("kubeconfig", kubernetesAdmin.kubeconfig());
    context.export("controlPlaneConfig", controlPlane.machineConfig());
    context.export("workerConfig", worker.machineConfig());
    context.export("secretsYaml", secrets.secretsYaml());
    context.export(
        "osCaFingerprint", secrets.certificateAuthorities().applyValue(authorities -> authorities.os().fingerprint()));
    context.export("rotation", secrets.rotationStatus().applyValue(status -> shown(status.os())));
  }

  private static RotationOptionsArgs rotation(String name) {
    var stage = Arrays.stream(RotationStage.values()).filter(one -> one.getValue().equals(name)).findFirst();
    return RotationOptionsArgs.builder()
        .os(StagedRotationArgs.builder().id("2026-11").stage(stage.orElseThrow()).build())
        .build();
  }

  /** Pulumi's Java SDK exports plain values only. */
  private static Map<String, Object> shown(StagedRotationStatus status) {
    return Map.of(
        "stage", status.stage(),
        "issuing", status.issuing(),
        "accepted", status.accepted(),
        "next", status.next().orElse(""),
        "todo", status.todo());
  }
}
