"""A cluster as one object; its machines are in the stack's configuration."""

import pulumi
import pulumi_talos_pki as talos

config = pulumi.Config()
cluster = talos.TalosCluster(
    "demo",
    cluster_name="demo",
    talos_version=config.get("talosVersion") or "v1.13",
    cluster_endpoint=config.get("clusterEndpoint") or "https://10.0.0.10:6443",
    control_plane_nodes=config.get_object("controlPlaneNodes") or [],
    worker_nodes=config.get_object("workerNodes") or [],
    config_patches=config.get_object("configPatches") or [],
    rotation=config.get_object("rotation") or {},
    # A try-out may be destroyed. Leave `protect` out for a real cluster.
    opts=pulumi.ResourceOptions(protect=False),
)
pulumi.export("talosconfig", cluster.talosconfig)
pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("health", cluster.health)
pulumi.export("rotation", cluster.rotation_status)
