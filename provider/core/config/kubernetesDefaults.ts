import type { YamlValue } from "../yaml/emitter";
import { yamlMap } from "../yaml/map";

/** Images of the Kubernetes components. Source: pkg/machinery/constants/constants.go, v1.14.1. */
const KUBERNETES_IMAGES = {
  kubelet: "ghcr.io/siderolabs/kubelet",
  apiServer: "registry.k8s.io/kube-apiserver",
  controllerManager: "registry.k8s.io/kube-controller-manager",
  proxy: "registry.k8s.io/kube-proxy",
  scheduler: "registry.k8s.io/kube-scheduler",
} as const;

export const POD_SUBNETS: readonly string[] = ["10.244.0.0/16"];
export const SERVICE_SUBNETS: readonly string[] = ["10.96.0.0/12"];

/** `image: repository:v1.36.0`, or undefined without a Kubernetes version. */
export function kubernetesImage(component: keyof typeof KUBERNETES_IMAGES, version: string): string | undefined {
  return version === "" ? undefined : `${KUBERNETES_IMAGES[component]}:v${version}`;
}

/** Configuration of the PodSecurity admission plugin: baseline enforced, restricted warned of and audited. */
export const POD_SECURITY: YamlValue = yamlMap({
  apiVersion: "pod-security.admission.config.k8s.io/v1alpha1",
  defaults: yamlMap({
    audit: "restricted",
    "audit-version": "latest",
    enforce: "baseline",
    "enforce-version": "latest",
    warn: "restricted",
    "warn-version": "latest",
  }),
  exemptions: yamlMap({ namespaces: ["kube-system"], runtimeClasses: [], usernames: [] }),
  kind: "PodSecurityConfiguration",
});

export const AUDIT_POLICY: YamlValue = yamlMap({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  rules: [yamlMap({ level: "Metadata" })],
});

/** Anonymous requests to the health endpoints only. */
export const AUTHENTICATION: YamlValue = yamlMap({
  anonymous: yamlMap({
    conditions: ["/livez", "/readyz", "/healthz"].map((path) => yamlMap({ path })),
    enabled: true,
  }),
  jwt: [],
});
