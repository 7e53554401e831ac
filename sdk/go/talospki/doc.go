// The whole PKI of Talos Linux clusters: authorities, secrets, certificates, machine configs, renewal and rotation.
package talospki
