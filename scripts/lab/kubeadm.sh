# shellcheck shell=bash
# What kubeadm leaves on a control plane node: the API server's manifest, and the
# kubeconfigs of root and of a user. Hosts boot with them as the lesson leaves
# them; "lab.sh kubeadm" makes them what the lesson finds.

KUBECONFIGS=(/etc/kubernetes/admin.conf /root/.kube/config /home/pi/.kube/config)

# On host N's disk, before its first boot.
kubeadm_install() {
  local n=$1 root=$2 path
  mkdir -p "$root/etc/kubernetes/manifests" "$root/root/.kube" "$root/home/pi/.kube"
  echo 'pi:x:1100:1100::/home/pi:/bin/bash' >>"$root/etc/passwd"
  echo 'pi:x:1100:' >>"$root/etc/group"
  kubeadm_manifest "$n" >"$root/etc/kubernetes/manifests/kube-apiserver.yaml"
  chmod 0600 "$root/etc/kubernetes/manifests/kube-apiserver.yaml"
  ! real_given || real_install "$n" "$root"
  for path in "${KUBECONFIGS[@]}"; do
    kubeadm_kubeconfig "$VIP" >"$root$path"
    chmod 0600 "$root$path"
  done
  chmod 0640 "$root/home/pi/.kube/config"
  chown -R 1100:1100 "$root/home/pi"
}

# API servers on all addresses, kubeconfigs at the node's own.
kubeadm_set_up() {
  local n path
  for n in "$@"; do
    kubeadm_manifest "$n" | sed '/--bind-address=/d' | host_exec "$n" tee /etc/kubernetes/manifests/.new >/dev/null
    host_exec "$n" chmod 0600 /etc/kubernetes/manifests/.new
    host_exec "$n" mv /etc/kubernetes/manifests/.new /etc/kubernetes/manifests/kube-apiserver.yaml
    for path in "${KUBECONFIGS[@]}"; do
      kubeadm_kubeconfig "$(address_of "$n")" | host_exec "$n" tee "$path" >/dev/null
    done
    disk_sync "$n"
  done >&2
}

kubeadm_manifest() { sed "s/@ADDRESS@/$(address_of "$1")/g" "$SCRIPTS/lab/stand-ins/kube-apiserver.yaml.in"; }

kubeadm_kubeconfig() {
  local pki=$LAB/pki
  sed "s/@SERVER@/$1/; s/@CA@/$(base64 -w0 <"$pki/ca.crt")/; s/@CERTIFICATE@/$(base64 -w0 <"$pki/admin.crt")/; s/@KEY@/$(base64 -w0 <"$pki/admin.key")/" \
    "$SCRIPTS/lab/stand-ins/kubeconfig.in"
}
