// The whole PKI of Talos Linux clusters: CAs, secrets, certificates, machine configs, renewal and rotation.
package talospki
