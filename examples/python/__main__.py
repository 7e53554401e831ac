"""One Talos cluster: its authorities and secrets, a talosconfig, a kubeconfig and the machine configs."""

import pulumi
import pulumi_talos_pki as talos

CLUSTER_NAME = "demo"
CLUSTER_ENDPOINT = "https://10.0.0.10:6443"

# A rotation of the OS authority: `pulumi config set rotationStage accept`, then swap, then finish; one `pulumi up` each.
stage = pulumi.Config().get("rotationStage")
rotation = {"os": {"id": "2026-11", "stage": stage}} if stage else None

# A real cluster's keys should stay protected: with True, `pulumi destroy` refuses to lose them.
secrets = talos.TalosSecrets(
    CLUSTER_NAME,
    talos_version="v1.13",
    rotation=rotation,
    opts=pulumi.ResourceOptions(protect=False),
)
admin = talos.ClientConfiguration(
    "admin",
    secrets=secrets.secrets,
    cluster_name=CLUSTER_NAME,
    endpoints=["10.0.0.10"],
    nodes=["10.0.0.10"],
    roles=[talos.TalosRole.OS_ADMIN],
)
kubernetes_admin = talos.Kubeconfig(
    "admin",
    secrets=secrets.secrets,
    cluster_name=CLUSTER_NAME,
    cluster_endpoint=CLUSTER_ENDPOINT,
)
control_plane = talos.MachineConfig(
    "controlplane",
    secrets=secrets.secrets,
    cluster_name=CLUSTER_NAME,
    cluster_endpoint=CLUSTER_ENDPOINT,
    machine_type=talos.MachineType.CONTROLPLANE,
    config_patches=[{"machine": {"network": {"hostname": "demo-1"}}}],
)
worker = talos.MachineConfig(
    "worker",
    secrets=secrets.secrets,
    cluster_name=CLUSTER_NAME,
    cluster_endpoint=CLUSTER_ENDPOINT,
    machine_type=talos.MachineType.WORKER,
)

pulumi.export("talosconfig", admin.talosconfig)
pulumi.export("talosconfigExpires", admin.not_after)
pulumi.export("kubeconfig", kubernetes_admin.kubeconfig)
pulumi.export("controlPlaneConfig", control_plane.machine_config)
pulumi.export("workerConfig", worker.machine_config)
pulumi.export("secretsYaml", secrets.secrets_yaml)
pulumi.export("osCaFingerprint", secrets.certificate_authorities.os.fingerprint)
pulumi.export("rotation", secrets.rotation_status.os)
