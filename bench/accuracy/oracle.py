#!/usr/bin/env python3
"""What is installed below a root folder, by tools that no scanner wrote: dpkg-query, the image's own apk, rpm, Ruby's
Gem::Specification, importlib.metadata, go version -m, and for formats without a tool of their own (npm's package.json,
Maven's pom.properties, Composer's installed.json, cargo-auditable's section) the standard library's readers.

Prints one line a package: type, name, version, separated by tabs. A type whose tool is missing prints `? type`; a package
whose version is a matter of taste (the main module of a Go program) prints `~ type name`."""
import importlib.metadata, io, json, os, re, shutil, stat, subprocess, sys, zipfile, zlib

root = sys.argv[1]
seen = set()


def say(kind, name, version):
    if name and version:
        seen.add((kind, name, version))


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options).stdout


def at(*parts):
    return os.path.join(root, *parts)


def files():
    for folder, folders, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def debian():
    if not os.path.exists(at('var/lib/dpkg/status')) and not os.path.isdir(at('var/lib/dpkg/status.d')):
        return
    admin = at('var/lib/dpkg')
    if os.path.isdir(at('var/lib/dpkg/status.d')):
        # dpkg wants one file with a Status in each stanza.
        admin = '/tmp/accuracy-dpkg'
        shutil.rmtree(admin, ignore_errors=True)
        os.makedirs(admin + '/info')
        with open(admin + '/status', 'w') as status:
            for name in sorted(os.listdir(at('var/lib/dpkg/status.d'))):
                if not name.endswith('.md5sums'):
                    text = open(at('var/lib/dpkg/status.d', name)).read().strip()
                    status.write(text.replace('\n', '\nStatus: install ok installed\n', 1) + '\n\n')
    listing = run('dpkg-query', '--admindir=' + admin, '-W', '-f', '${Package}\t${Version}\t${db:Status-Status}\n')
    for line in listing.splitlines():
        name, version, state = line.split('\t')
        if state not in ('not-installed', 'config-files'):
            say('deb', name, version)


def alpine():
    loader = at('lib/ld-musl-x86_64.so.1')
    if not os.path.exists(loader) or not os.path.exists(at('sbin/apk')):
        return
    libraries = ':'.join([at('lib'), at('usr/lib')])
    for line in run(loader, '--library-path', libraries, at('sbin/apk'), '--root', root, 'info', '-v').splitlines():
        name, version, release = line.rsplit('-', 2)
        say('apk', name, version + '-' + release)


def rpm():
    for place, backend in (
        ('var/lib/rpm/rpmdb.sqlite', 'sqlite'),
        ('usr/lib/sysimage/rpm/rpmdb.sqlite', 'sqlite'),
        ('var/lib/rpm/Packages.db', 'ndb'),
        ('usr/lib/sysimage/rpm/Packages.db', 'ndb'),
        ('var/lib/rpm/Packages', 'bdb_ro'),
    ):
        if not os.path.exists(at(place)):
            continue
        listing = run('rpm', '-qa', '--define', '_db_backend ' + backend, '--dbpath', os.path.dirname(os.path.realpath(at(place))),
                      '--qf', '%{NAME}\t%{VERSION}-%{RELEASE}\n')
        for line in listing.splitlines():
            if not line.startswith('gpg-pubkey\t'):
                say('rpm', *line.split('\t'))


def ruby():
    if not shutil.which('ruby'):
        print('? gem')
        return
    script = "ARGV.each { |f| s = Gem::Specification.load(f) rescue nil; puts [s.name, s.version].join(\"\\t\") if s }"
    specifications = [path for path in files() if path.endswith('.gemspec') and re.search(r'/specifications/(default/)?[^/]+$', path)]
    for line in run('ruby', '-rrubygems', '-e', script, *specifications).splitlines():
        say('gem', *line.split('\t'))


def python():
    for folder, folders, names in os.walk(root):
        if any(name.endswith(('.dist-info', '.egg-info')) for name in folders + names):
            for found in importlib.metadata.distributions(path=[folder]):
                if found.metadata['Name']:
                    say('pypi', re.sub(r'[-_.]+', '-', found.metadata['Name']).lower(), found.version)


def javascript():
    for path in files():
        match = re.search(r'(?:/node_modules/|/usr/share/nodejs/)((?:@[^/]+/)?[^/@][^/]*)/package\.json$', path)
        if match is None or re.search(r'/(tests?|fixtures?|testdata|__tests__|__fixtures__)/', path.split('node_modules/', 1)[-1]):
            continue
        try:
            manifest = json.load(open(path, encoding='utf-8-sig'))
        except ValueError:
            continue
        if isinstance(manifest, dict):
            say('npm', manifest.get('name'), manifest.get('version'))


def go():
    if not shutil.which('go'):
        print('? golang')
        return
    for path in files():
        if not os.lstat(path).st_mode & 0o111 or open(path, 'rb').read(4) != b'\x7fELF':
            continue
        replaced = None
        for line in run('go', 'version', '-m', path).splitlines():
            fields = line.split('\t')
            version = re.search(r': (?:devel )?go(\d\S*)', line)
            if not line.startswith('\t') and version:
                say('golang', 'stdlib', version.group(1))
            elif len(fields) > 2 and fields[1] == 'mod':
                print('~ golang ' + fields[2])
            elif len(fields) > 3 and fields[1] == 'dep':
                if replaced:
                    say('golang', *replaced)
                replaced = (fields[2], fields[3])
            elif len(fields) > 3 and fields[1] == '=>':
                replaced = (fields[2], fields[3])
        if replaced:
            say('golang', *replaced)


def rust():
    if not shutil.which('objcopy'):
        print('? cargo')
        return
    for path in files():
        if not os.lstat(path).st_mode & 0o111 or open(path, 'rb').read(4) != b'\x7fELF':
            continue
        out = '/tmp/accuracy-section'
        if os.path.exists(out):
            os.remove(out)
        run('objcopy', '--dump-section', '.dep-v0=' + out, path, '/dev/null')
        if os.path.exists(out):
            for package in json.loads(zlib.decompress(open(out, 'rb').read()))['packages']:
                if package.get('kind', 'runtime') == 'runtime':
                    say('cargo', package['name'], package['version'])


def java():
    def archive(bytes_or_path):
        with zipfile.ZipFile(bytes_or_path) as jar:
            for name in jar.namelist():
                if re.fullmatch(r'META-INF/maven/[^/]+/[^/]+/pom\.properties', name):
                    text = jar.read(name).decode('latin-1')
                    fields = dict(re.findall(r'^\s*(groupId|artifactId|version)\s*=\s*(\S+)', text, re.M))
                    say('maven', fields.get('groupId', '') + '/' + fields.get('artifactId', ''), fields.get('version'))
                elif re.search(r'\.(jar|war|ear)$', name):
                    archive(io.BytesIO(jar.read(name)))

    for path in files():
        if re.search(r'\.(jar|war|ear)$', path):
            try:
                archive(path)
            except zipfile.BadZipFile:
                pass


def php():
    for path in files():
        if path.endswith('/composer/installed.json'):
            document = json.load(open(path))
            for package in document['packages'] if isinstance(document, dict) else document:
                say('composer', package['name'], package['version'])


for part in (debian, alpine, rpm, ruby, python, javascript, go, rust, java, php):
    part()
for line in sorted(seen):
    print('\t'.join(line))
