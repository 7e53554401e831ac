package main

import (
	"context"
	"crypto/tls"
	stdx509 "crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/siderolabs/crypto/x509"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	x509request "k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/client-go/rest"
)

// liveKubernetes lets client-go log in to a loopback TLS server that
// authenticates with kube-apiserver's own x509 authenticator.
func liveKubernetes(r *Report, clientConfig *rest.Config, ca *x509.PEMEncodedCertificateAndKey, pool *stdx509.CertPool, org string) {
	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(ca)
	if !r.check("Kubernetes CA", err) {
		return
	}

	server, err := x509.NewKeyPair(authority,
		x509.CommonName("kube-apiserver"),
		x509.IPAddresses([]net.IP{net.IPv4(127, 0, 0, 1)}),
		x509.NotAfter(time.Now().Add(time.Hour)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}),
	)
	if !r.check("kube-apiserver certificate", err) {
		return
	}

	options := x509request.DefaultVerifyOptions()
	options.Roots = pool
	auth := authenticator.Request(x509request.New(options, x509request.CommonNameUserConversion))

	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{*server.Certificate},
		ClientAuth:   tls.RequestClientCert,
		ClientCAs:    pool,
		NextProtos:   []string{"http/1.1"},
		MinVersion:   tls.VersionTLS12,
	})
	if !r.check("listen", err) {
		return
	}

	type answer struct {
		OK     bool
		Err    string
		Groups []string
	}

	srv := &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			var a answer

			resp, ok, aerr := auth.AuthenticateRequest(req)
			a.OK = ok

			if aerr != nil {
				a.Err = aerr.Error()
			}

			if ok {
				a.Groups = resp.User.GetGroups()
			}

			_ = json.NewEncoder(w).Encode(a)
		}),
	}

	go srv.Serve(listener) //nolint:errcheck
	defer srv.Close()      //nolint:errcheck

	live := rest.CopyConfig(clientConfig)
	live.Host = fmt.Sprintf("https://%s", listener.Addr())
	live.Timeout = 10 * time.Second
	live.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }

	httpClient, err := rest.HTTPClientFor(live)
	if !r.check("client-go refuses the kubeconfig", err) {
		return
	}

	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, live.Host+"/api", nil)
	if !r.check("request", err) {
		return
	}

	resp, err := httpClient.Do(req)
	if !r.check("log in with client-go", err) {
		return
	}

	defer resp.Body.Close() //nolint:errcheck

	body, err := io.ReadAll(resp.Body)
	if !r.check("log in with client-go", err) {
		return
	}

	var a answer
	if !r.check("log in with client-go", json.Unmarshal(body, &a)) {
		return
	}

	switch {
	case !a.OK:
		r.problem("kube-apiserver's x509 authenticator refuses the client: %s", oneLine(a.Err))
	case !slices.Contains(a.Groups, org):
		r.problem("kube-apiserver's x509 authenticator sees groups %v, not %q", a.Groups, org)
	default:
		r.Facts["live-login"] = "ok"
	}
}
