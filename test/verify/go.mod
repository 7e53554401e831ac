module pulumi-talos-pki/test/verify

go 1.24
