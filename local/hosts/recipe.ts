import { createHash } from "node:crypto";

/** What an image is made of. Everything that decides what is in it stands here, so that its hash names the result. */
export interface Recipe {
  /** Name under which the provider sells it. */
  readonly image: string;
  /** Release of Debian. */
  readonly suite: string;
  /** Raised when the way of building changes what comes out. */
  readonly version: number;
  /** Installed by debootstrap beside what is essential: what the next step needs. */
  readonly bootstrap: readonly string[];
  /** Installed after it, without recommended packages: all that the product asks for, because hosts reach no mirror. */
  readonly packages: readonly string[];
  /** Services that only run once somebody asks for them, as after a first installation by hand; keeps an idle host small. */
  readonly disabled: readonly string[];
  /** Units that make no sense in a host that lives for minutes. */
  readonly masked: readonly string[];
  /** Folder in the image with every package that it was made from and their index: what hosts install from. Its tool is in `packages`. */
  readonly repository: string;
  /** Path in the image -> text. */
  readonly files: Readonly<Record<string, string>>;
}

const cloudConfig = `# Hosts have their address before they start, a disk of their final size, and no mirror.
datasource_list: [NoCloud, None]
network: {config: disabled}
apt: {preserve_sources_list: true}
growpart: {mode: "off"}
resize_rootfs: false
locale: C.UTF-8
# As in the provider's images: the keys of the order open root's account.
system_info: {default_user: {name: root}}
disable_root: false
ssh_pwauth: false
`;

const repository = "srv/debs";

/** Trusted, because who can write there is root already; an address of files needs no network. */
const sourcesList = `# This host reaches no mirror: all that it can install is in the image.
deb [trusted=yes] file:/${repository} ./
`;

export const debian12: Recipe = {
  image: "debian-12",
  suite: "bookworm",
  version: 2,
  bootstrap: ["systemd-sysv", "ca-certificates", "tzdata"],
  packages: [
    "dbus libpam-systemd openssh-server cloud-init python3 python3-apt sudo iproute2 iputils-ping curl procps netbase",
    "locales less gpg ansible-core python3-yaml python3-pymysql acl cron logrotate rsync zstd unzip nftables openssl",
    // Named together: a web server and an interpreter that satisfy what the rest depends on, so that no other comes with it.
    "nginx php8.2-fpm php8.2-cli php8.2-bcmath php8.2-curl php8.2-gd php8.2-imagick php8.2-intl php8.2-mbstring",
    "php8.2-mysql php8.2-opcache php8.2-redis php8.2-xml php8.2-zip php php-cli php-fpm",
    "mariadb-server mariadb-client redis-server wordpress wordpress-theme-twentytwentythree",
    // fail2ban only recommends what reads the journal, and there is no other log of sshd here.
    "fail2ban python3-systemd unattended-upgrades file xz-utils apt-utils",
  ].flatMap((line) => line.split(" ")),
  disabled: [
    "nginx.service php8.2-fpm.service mariadb.service redis-server.service fail2ban.service unattended-upgrades.service",
  ].flatMap((line) => line.split(" ")),
  masked: [
    "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer",
    "man-db.timer phpsessionclean.timer console-getty.service systemd-timesyncd.service",
  ].flatMap((line) => line.split(" ")),
  repository,
  files: {
    "etc/cloud/cloud.cfg.d/90-pressluft.cfg": cloudConfig,
    "etc/apt/sources.list": sourcesList,
    "etc/dpkg/dpkg.cfg.d/90-pressluft": "path-exclude=/usr/share/man/*\npath-exclude=/usr/share/info/*\n",
  },
};

/** Every image that can be built, by its name. */
export const recipes: readonly Recipe[] = [debian12];

/** Twelve hexadecimal digits that change with anything in the recipe. */
export function hashOf(recipe: Recipe): string {
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
}
