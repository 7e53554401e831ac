module validate

go 1.22.0

// The fork of the YAML library that Talos of this version was built with.
replace gopkg.in/yaml.v3 => github.com/unix4ever/yaml v0.0.0-20220527175918-f17b0f05cf2c

require (
	github.com/siderolabs/talos/pkg/machinery v1.6.0
	github.com/blang/semver/v4 v4.0.0
	github.com/containerd/go-cni v1.1.9
	github.com/cosi-project/runtime v0.3.19
	github.com/dustin/go-humanize v1.0.1
	github.com/evanphx/json-patch v5.7.0+incompatible
	github.com/ghodss/yaml v1.0.0
	github.com/hashicorp/go-multierror v1.1.1
	github.com/jsimonetti/rtnetlink v1.4.0
	github.com/mdlayher/ethtool v0.1.0
	github.com/opencontainers/runtime-spec v1.1.0-rc.1
	github.com/siderolabs/crypto v0.4.1
	github.com/siderolabs/gen v0.4.7
	github.com/siderolabs/go-api-signature v0.3.1
	github.com/siderolabs/go-blockdevice v0.4.7
	github.com/siderolabs/go-pointer v1.0.0
	github.com/siderolabs/net v0.4.0
	github.com/siderolabs/protoenc v0.2.1
	github.com/stretchr/testify v1.8.4
	google.golang.org/genproto/googleapis/rpc v0.0.0-20231127180814-3a041ad873d4
	google.golang.org/grpc v1.59.0
	google.golang.org/protobuf v1.31.0
	gopkg.in/yaml.v3 v3.0.1
	github.com/ProtonMail/go-crypto v0.0.0-20230717121422-5aa5874ade95
	github.com/ProtonMail/go-mime v0.0.0-20230322103455-7d82a3887f2f
	github.com/ProtonMail/gopenpgp/v2 v2.7.4
	github.com/adrg/xdg v0.4.0
	github.com/cloudflare/circl v1.3.3
	github.com/containernetworking/cni v1.1.2
	github.com/davecgh/go-spew v1.1.1
	github.com/gertd/go-pluralize v0.2.1
	github.com/golang/protobuf v1.5.3
	github.com/google/go-cmp v0.6.0
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.18.1
	github.com/hashicorp/errwrap v1.1.0
	github.com/josharian/native v1.1.0
	github.com/mdlayher/genetlink v1.3.2
	github.com/mdlayher/netlink v1.7.2
	github.com/mdlayher/socket v0.4.1
	github.com/onsi/ginkgo/v2 v2.2.0
	github.com/onsi/gomega v1.20.1
	github.com/pkg/browser v0.0.0-20210911075715-681adbf594b8
	github.com/pkg/errors v0.9.1
	github.com/pmezard/go-difflib v1.0.0
	github.com/ryanuber/go-glob v1.0.0
	go.uber.org/multierr v1.10.0
	go.uber.org/zap v1.26.0
	golang.org/x/crypto v0.14.0
	golang.org/x/net v0.17.0
	golang.org/x/sync v0.5.0
	golang.org/x/sys v0.14.1-0.20231108175955-e4099bfacb8c
	golang.org/x/text v0.14.0
	google.golang.org/genproto/googleapis/api v0.0.0-20231106174013-bbf56f31fb17
	gopkg.in/yaml.v2 v2.4.0
)
