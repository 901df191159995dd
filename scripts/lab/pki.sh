# shellcheck shell=bash
# The cluster's certificates, as kubeadm makes them, the deploy key, and keys for secrets.

pki_create() {
  local dir=$LAB/pki names n
  mkdir -p "$dir"
  names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$VIP,IP:$NEXT_VIP
  for n in "${HOSTS[@]}"; do names+=,DNS:$(hostname_of "$n"),IP:$(address_of "$n"); done
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=kubernetes \
    -keyout "$dir/ca.key" -out "$dir/ca.crt" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,digitalSignature,keyCertSign'
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver \
    -keyout "$dir/apiserver.key" -out "$dir/apiserver.csr"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' "$names" >"$dir/apiserver.ext"
  openssl x509 -req -days 30 -in "$dir/apiserver.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial \
    -extfile "$dir/apiserver.ext" -out "$dir/apiserver.crt"
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/deploy_key"
  secrets_create
}

# Puts the cluster's certificates on host N's disk.
pki_install() {
  local target=$1/etc/kubernetes/pki
  mkdir -p "$target"
  install -m 0644 "$LAB/pki/ca.crt" "$LAB/pki/apiserver.crt" "$target/"
  install -m 0600 "$LAB/pki/apiserver.key" "$target/"
}
