# shellcheck shell=bash
# What some sites have beside the cluster: a way in from outside by name, and a directory of users. Not part of up.

SITE_NAME=cloud.lab.test

# ingress_up: Traefik, on the node's own ports, and a certificate for SITE_NAME in PKI/site.crt
ingress_up() {
  local version
  version=$(version_of github.com/traefik/traefik/v3 traefik)
  go_program traefik traefik github.com/traefik/traefik/v3/cmd/traefik "-X github.com/traefik/traefik/v3/pkg/version.Version=$version"
  if [[ ! -s $PKI/site.crt ]]; then
    (cd "$PKI" && umask 077 && certificate site ca "/CN=$SITE_NAME" serverAuth "DNS:$SITE_NAME") &>"$STATE/log/pki" \
      || fail "no certificate for $SITE_NAME: see $STATE/log/pki"
  fi
  sed -e "s|@BIN@|$STATE/bin|" -e "s|@ADDRESS@|$NODE_IP|" "$LAB/manifests/ingress.yaml" | kubectl apply -f - >"$STATE/log/manifests"
  wait_for "Traefik" 120 curl -fsS "http://$NODE_IP:9000/ping"
  step "Traefik $version: https://$SITE_NAME is $NODE_IP"
}

# directory_up: a new directory of the people of edge/people.ldif each time
directory_up() {
  local program administrator="cn=admin,dc=lab,dc=test"
  for program in slapd:slapd ldapadd:ldap-utils; do
    command -v "${program%:*}" >/dev/null || apt_install "${program#*:}"
  done
  directory_down
  rm -rf "$STATE/directory"
  install -d -m 0700 "$STATE/directory"
  sed "s|@STATE@|$STATE|" "$LAB/edge/slapd.conf" | put "$STATE/slapd.conf"
  start slapd slapd -d 0 -f "$STATE/slapd.conf" -h "ldap://$NODE_IP:389"
  wait_for "the directory" 20 ldapwhoami -x -H "ldap://$NODE_IP" -D "$administrator" -w admin
  ldapadd -x -H "ldap://$NODE_IP" -D "$administrator" -w admin -f "$LAB/edge/people.ldif" >"$STATE/log/directory"
  step "directory ldap://$NODE_IP"
}

directory_down() {
  stop 5 slapd
}

# browser_up: prints where Chromium is
browser_up() {
  command -v chromium >/dev/null || apt_install chromium >&2
  command -v chromium
}
