package main

import (
	"bytes"
	stdx509 "crypto/x509"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/kubeconfig"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

func cmdK8s(args []string) (int, error) {
	fs := newFlags("k8s")
	bundlePath := fs.String("bundle", "", "secrets bundle with the Kubernetes CA")
	org := fs.String("org", constants.KubernetesAdminCertOrganization, "expected organization")
	cn := fs.String("cn", "", "expected common name (default: any)")
	endpoint := fs.String("endpoint", "", "expected server URL (default: any)")
	ttl := fs.Duration("ttl", constants.KubernetesAdminCertDefaultLifetime, "expected lifetime, 0 to skip")

	files, err := parseArgs(fs, args, 1)
	if err != nil {
		return 2, err
	}

	if *bundlePath == "" {
		return 2, usageError("want --bundle")
	}

	r := newReport("k8s")
	judgeKubeconfig(r, files[0], *bundlePath, *org, *cn, *endpoint, *ttl)

	return r.finish()
}

func judgeKubeconfig(r *Report, path, bundlePath, org, cn, endpoint string, ttl time.Duration) {
	now := time.Now()

	bundle, err := readBundle(bundlePath)
	if !r.check("bundle", err) {
		return
	}

	raw, err := os.ReadFile(path)
	if !r.check("read", err) {
		return
	}

	cfg, err := clientcmd.Load(raw)
	if !r.check("clientcmd", err) {
		return
	}

	clientConfig, err := clientcmd.NewNonInteractiveClientConfig(*cfg, cfg.CurrentContext, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
	if !r.check("context "+cfg.CurrentContext, err) {
		return
	}

	r.Facts["server"] = clientConfig.Host

	if endpoint != "" && clientConfig.Host != endpoint {
		r.problem("server is %q, expected %q", clientConfig.Host, endpoint)
	}

	if u, uerr := url.Parse(clientConfig.Host); uerr != nil || u.Scheme != "https" {
		r.problem("server %q is no https URL", clientConfig.Host)
	}

	if clientConfig.Insecure {
		r.problem("insecure-skip-tls-verify is set")
	}

	k8sPool, k8sCA, err := poolOf(bundle.Certs.K8s.Crt)
	if !r.check("bundle", err) {
		return
	}

	_, inFile, err := poolOf(clientConfig.CAData)
	if r.check("certificate-authority-data", err) &&
		!slices.ContainsFunc(inFile, func(c *stdx509.Certificate) bool { return bytes.Equal(c.Raw, k8sCA[0].Raw) }) {
		r.problem("certificate-authority-data doesn't have the Kubernetes CA of the bundle")
	}

	cert := judgeClientLeaf(r, "client certificate", clientConfig.CertData, clientConfig.KeyData, k8sPool, now, false)
	if cert == nil {
		return
	}

	r.Facts["organization"] = cert.Subject.Organization
	r.Facts["commonName"] = cert.Subject.CommonName

	if !slices.Equal(cert.Subject.Organization, []string{org}) {
		r.problem("organization is %q, expected %q", cert.Subject.Organization, org)
	}

	if cn != "" && cert.Subject.CommonName != cn {
		r.problem("common name is %q, expected %q", cert.Subject.CommonName, cn)
	}

	if ttl != 0 {
		// Talos dates the certificate back a little for clock skew.
		compareValidity(r, "client certificate", cert, ttl, 30*time.Second)
	}

	compareKubeconfig(r, raw, cfg, cert, bundle.Certs.K8s)
	liveKubernetes(r, clientConfig, bundle.Certs.K8s, k8sPool, org)
}

// compareKubeconfig compares the file and its client certificate with those
// that Talos writes for the same cluster.
func compareKubeconfig(r *Report, raw []byte, cfg *clientcmdapi.Config, cert *stdx509.Certificate, ca *x509.PEMEncodedCertificateAndKey) {
	current := cfg.Contexts[cfg.CurrentContext]
	cluster, user := cfg.Clusters[current.Cluster], cfg.AuthInfos[current.AuthInfo]

	var text bytes.Buffer

	err := kubeconfig.Generate(&kubeconfig.GenerateInput{
		ClusterName:         current.Cluster,
		IssuingCA:           ca,
		AcceptedCAs:         []*x509.PEMEncodedCertificate{{Crt: ca.Crt}},
		CertificateLifetime: time.Hour,
		CommonName:          cert.Subject.CommonName,
		Organization:        strings.Join(cert.Subject.Organization, ","),
		Endpoint:            cluster.Server,
		Username:            "admin",
		ContextName:         "admin",
	}, &text)
	if !r.check("make the reference kubeconfig", err) {
		return
	}

	reference, err := clientcmd.Load(text.Bytes())
	if !r.check("load the reference kubeconfig", err) {
		return
	}

	for _, u := range reference.AuthInfos {
		compareLeaf(r, "client certificate", user.ClientCertificateData, user.ClientKeyData, u.ClientCertificateData, u.ClientKeyData, ca.Crt)

		u.ClientCertificateData, u.ClientKeyData = user.ClientCertificateData, user.ClientKeyData
	}

	for _, c := range reference.Clusters {
		c.CertificateAuthorityData = cluster.CertificateAuthorityData
	}

	if want, werr := clientcmd.Write(*reference); r.check("write the reference kubeconfig", werr) && !bytes.Equal(want, raw) {
		r.diff("Talos would write the file with other names or bytes")
	}
}
