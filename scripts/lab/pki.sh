# shellcheck shell=bash
# The cluster's certificates, as kubeadm makes them, the deploy key, and keys for secrets.

pki_create() {
  local dir=$LAB/pki names n
  mkdir -p "$dir/etcd"
  names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:$VIP,IP:$NEXT_VIP
  for n in "${HOSTS[@]}"; do names+=,DNS:$(hostname_of "$n"),IP:$(address_of "$n"); done
  pki_authority ca kubernetes
  pki_authority etcd/ca etcd-ca
  pki_authority front-proxy-ca front-proxy-ca
  pki_certificate apiserver ca /CN=kube-apiserver serverAuth "$names"
  pki_certificate apiserver-kubelet-client ca /O=kubeadm:cluster-admins/CN=kube-apiserver-kubelet-client clientAuth
  pki_certificate apiserver-etcd-client etcd/ca /CN=kube-apiserver-etcd-client clientAuth
  pki_certificate front-proxy-client front-proxy-ca /CN=front-proxy-client clientAuth
  pki_certificate etcd/server etcd/ca /CN=etcd serverAuth,clientAuth "$names"
  pki_certificate etcd/peer etcd/ca /CN=etcd serverAuth,clientAuth "$names"
  # As in kubeadm's super-admin.conf: nobody binds kubeadm:cluster-admins to a role here.
  pki_certificate admin ca /O=system:masters/CN=kubernetes-admin clientAuth
  openssl genrsa -out "$dir/sa.key" 2048
  openssl rsa -in "$dir/sa.key" -pubout -out "$dir/sa.pub"
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/deploy_key"
  secrets_create
}

# pki_authority FILE NAME
pki_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$2" \
    -keyout "$LAB/pki/$1.key" -out "$LAB/pki/$1.crt" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,digitalSignature,keyCertSign'
}

# pki_certificate FILE AUTHORITY SUBJECT USAGE [NAMES]
pki_certificate() {
  local file=$LAB/pki/$1 authority=$LAB/pki/$2
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$file.key" -out "$file.csr"
  printf 'extendedKeyUsage=%s\nbasicConstraints=critical,CA:FALSE\n%s\n' "$4" "${5:+subjectAltName=$5}" >"$file.ext"
  openssl x509 -req -days 30 -in "$file.csr" -CA "$authority.crt" -CAkey "$authority.key" -CAcreateserial \
    -extfile "$file.ext" -out "$file.crt"
}

# Puts the cluster's certificates on host N's disk; the authorities' keys stay here.
pki_install() {
  local target=$1/etc/kubernetes/pki name
  mkdir -p "$target/etcd"
  for name in ca etcd/ca front-proxy-ca; do install -m 0644 "$LAB/pki/$name.crt" "$target/$name.crt"; done
  for name in apiserver apiserver-kubelet-client apiserver-etcd-client front-proxy-client etcd/server etcd/peer; do
    install -m 0644 "$LAB/pki/$name.crt" "$target/$name.crt"
    install -m 0600 "$LAB/pki/$name.key" "$target/$name.key"
  done
  install -m 0600 "$LAB/pki/sa.key" "$target/"
  install -m 0644 "$LAB/pki/sa.pub" "$target/"
}
