// What dpkg and lintian read about the package: deb-control(5), deb-changelog(5).

/** What the program calls, and what is not on every Debian host: util-linux (flock) and dpkg are. */
const DEPENDS = 'nodejs (>= 20.19), git, openssh-client, iproute2, iputils-arping, systemd (>= 254)';

export const control = ({ version, maintainer, description, installedSize }) => `Package: holdfast
Version: ${version}
Architecture: all
Maintainer: ${maintainer}
Installed-Size: ${installedSize}
Depends: ${DEPENDS}
Recommends: ca-certificates
Suggests: keepalived, haproxy, ufw, gpg, openssh-server, prometheus-node-exporter
Section: admin
Priority: optional
Description: keeps a Kubernetes control plane in the state committed to Git
 ${wrapped(description)}
 .
 Each host runs one small agent that pulls; there is no server and no push.
`;

const wrapped = (text) => text.replaceAll(/(.{1,70})(?: +|$)/g, '$1\n ').trimEnd();

export const changelog = (version, maintainer, epoch) => `holdfast (${version}) trixie; urgency=medium

  * What has changed stands in the Git history.

 -- ${maintainer}  ${new Date(epoch * 1000).toUTCString().replace('GMT', '+0000')}
`;
