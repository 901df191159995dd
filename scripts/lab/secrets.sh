# shellcheck shell=bash
# Keys of age for the hosts and for whoever keeps the state repository, and the cluster's secrets.

secrets_create() {
  local n
  for n in "${HOSTS[@]}"; do age-keygen -o "$LAB/pki/age-$n.key"; done
  age-keygen -o "$LAB/pki/age-admin.key"
}

# What "holdfast secret identity" would make on host N; kept here, so that a fresh host N is still itself.
secrets_install() {
  install -d -m 0755 "$2/etc/holdfast"
  install -m 0600 "$LAB/pki/age-$1.key" "$2/etc/holdfast/age.key"
}

# As README says it: everybody's public key, then the VRRP password.
secrets_first() {
  local n
  for n in "${HOSTS[@]}"; do
    in_secrets recipients add "$(hostname_of "$n")" "$(age-keygen -y "$LAB/pki/age-$n.key")"
  done
  in_secrets recipients add --admin lab "$(age-keygen -y "$LAB/pki/age-admin.key")"
  echo vrrp-lab | in_secrets set vrrp
}

in_secrets() { node --disable-warning=ExperimentalWarning "$LAB/program/usr/lib/holdfast/holdfast.cjs" secret "$@" --dir "$LAB/state"; }

secret_verb() {
  [ $# -gt 0 ] || fail "secret set NAME, list, recipients …, or: secret rotate --identity $LAB/pki/age-admin.key"
  in_secrets "$@"
  state_give_to_user
}
