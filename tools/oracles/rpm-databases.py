#!/usr/bin/env python3
"""Makes packages/scanner/src/analyzers/rpm/testdata: one set of packages in each of rpm's databases, and what rpm says of them.

Needs Debian's rpm (rpmbuild, rpm) and db5.3-util (db5.3_load). rpm writes the SQLite database and the headers; Oracle's own
loader writes the Berkeley DB files; Debian's rpm has no ndb, so that file is written here, after rpm's lib/backend/ndb/rpmpkg.c.
"""
import os, shutil, sqlite3, struct, subprocess, sys, tempfile, zlib

TARGET = os.path.join(os.path.dirname(__file__), '../../packages/scanner/src/analyzers/rpm/testdata')
# name, epoch, version, release, architecture, further preamble, files
SPECS = [
    ('libtiny', 0, '2.34', '28.el9', 'x86_64', 'Provides: libtiny.so.2()(64bit)', ['/usr/lib64/libtiny.so.2']),
    ('shell', 0, '5.1.8', '4.el9', 'x86_64', 'Requires: libtiny.so.2()(64bit)', ['/usr/bin/shell']),
    ('crypto', 1, '3.0.7', '27.el9_4', 'x86_64', 'Requires: /usr/bin/shell, libtiny', ['/usr/bin/crypto', '%doc /usr/libexec/crypto-notes']),
    ('runtime', 1, '18.20.2', '1.module+el8', 'x86_64', 'ModularityLabel: runtime:18:8100020240419105300:489197e6\nRequires: crypto', ['/usr/bin/runtime', '/usr/lib/runtime/node_modules/npm/package.json']),
    ('perl-part', 0, '1.30', '481.el9', 'noarch', 'Requires: (shell if crypto)', []),
    ('gpg-pubkey', 0, '3b6e9a1c', '5f1ab2c3', 'noarch', '', []),
]


def run(*args, **more):
    return subprocess.run(args, check=True, capture_output=True, text=True, **more).stdout


def build(work):
    top = os.path.join(work, 'top')
    for name, epoch, version, release, arch, preamble, files in SPECS:
        # perl-part is a subpackage in real life: its source has another name, version and epoch.
        spec = f'Name: {name}\nVersion: {version}\nRelease: {release}\n' + (f'Epoch: {epoch}\n' if epoch else '')
        spec += f'Summary: {name}\nLicense: MIT and GPLv2+\nVendor: Test\n{preamble}\n%description\nx\n%install\n'
        for path in files:
            path = path.split()[-1]
            spec += f'mkdir -p %{{buildroot}}{os.path.dirname(path)}\necho {name} > %{{buildroot}}{path}\n'
        spec += '%files\n' + '\n'.join(files) + '\n'
        path = os.path.join(work, f'{name}.spec')
        with open(path, 'w') as out:
            out.write(spec)
        run('rpmbuild', '-bb', '--quiet', '--target', arch, '--define', f'_topdir {top}', '--define', 'debug_package %{nil}',
            '--define', '_build_id_links none', '--define', '_buildhost test', '--define', 'use_source_date_epoch_as_buildtime 1', path, env={**os.environ, 'SOURCE_DATE_EPOCH': '1700000000'})
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names if name.endswith('.rpm'))


def make_sqlite(work, rpms):
    # Into a root of its own, as root: only a real installation leaves out documentation and says so in the states of files.
    folder = os.path.join(work, 'sqlite')
    os.mkdir(folder)
    run('rpm', '--root', work, '--dbpath', '/sqlite', '--nodeps', '--ignorearch', '--nosignature', '--excludedocs', '-i', *rpms)
    path = os.path.join(work, 'rpmdb.sqlite')
    shutil.copy(os.path.join(folder, 'rpmdb.sqlite'), path)
    database = sqlite3.connect(path, isolation_level=None)
    # rpm's two dozen indexes are nine tenths of the file and read by nobody here.
    for (name,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
        if name not in ('Packages', 'sqlite_sequence'):
            database.execute(f"drop table '{name}'")
    for pragma in ('journal_mode = delete', 'page_size = 1024'):
        database.execute(f'pragma {pragma}')
    database.execute('vacuum')
    database.execute('pragma journal_mode = wal')
    rows = [(number, bytes(blob)) for number, blob in database.execute('select hnum, blob from Packages order by hnum')]
    database.close()
    shutil.copy(path, os.path.join(TARGET, 'rpmdb.sqlite'))
    return rows


def make_berkeley_db(work, rows, name, *settings):
    dump = os.path.join(work, 'dump')
    with open(dump, 'w') as out:
        out.write('VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n')
        order = '>I' if 'db_lorder=4321' in settings else '<I'
        for key, value in [(0, struct.pack(order, len(rows)))] + rows:
            out.write(f' {struct.pack(order, key).hex()}\n {value.hex()}\n')
        out.write('DATA=END\n')
    path = os.path.join(TARGET, name)
    if os.path.exists(path):
        os.remove(path)
    run('db5.3_load', *(word for setting in settings for word in ('-c', setting)), '-f', dump, path)


def make_ndb(rows):
    slots, blobs, at = b'', b'', 4096 // 16
    for key, header in rows:
        head = b'BlbS' + struct.pack('<III', key, 1700000000, len(header))
        blob = head + header
        blob += b'\0' * (-(len(blob) + 12) % 16)
        blob += struct.pack('<II', zlib.adler32(blob), len(header)) + b'BlbE'
        slots += b'Slot' + struct.pack('<III', key, at, len(blob) // 16)
        blobs += blob
        at += len(blob) // 16
    head = b'RpmP' + struct.pack('<IIII', 0, 1, 1, len(rows) + 1) + b'\0' * 12
    page = (head + slots).ljust(4096, b'\0')
    free = len(head + slots)
    page = page[:free] + (b'Slot' + b'\0' * 12) * ((4096 - free) // 16)
    with open(os.path.join(TARGET, 'Packages.db'), 'wb') as out:
        out.write(page + blobs)


def main():
    os.makedirs(TARGET, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        rows = make_sqlite(work, build(work))
        make_ndb(rows)
        make_berkeley_db(work, rows, 'Packages', 'db_pagesize=512', 'h_ffactor=1', 'h_nelem=8')
        make_berkeley_db(work, rows, 'Packages.big-endian', 'db_pagesize=1024', 'db_lorder=4321')
        check_berkeley_db(rows, 'Packages')
        listed = [query(os.path.join(work, 'sqlite'), 'sqlite')]
        folder = os.path.join(work, 'big-endian')
        os.mkdir(folder)
        shutil.copy(os.path.join(TARGET, 'Packages.big-endian'), os.path.join(folder, 'Packages'))
        listed.append(query(folder, 'bdb_ro'))
        if listed[0] != listed[1]:
            sys.exit(f'rpm reads the databases differently: {listed}')
        with open(os.path.join(TARGET, 'expected.txt'), 'w') as out:
            out.write('\n'.join(listed[0]) + '\n')


def query(folder, backend):
    form = '%{NAME} %{EPOCHNUM} %{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{MODULARITYLABEL} %{LICENSE}\\n'
    lines = run('rpm', '--define', f'_db_backend {backend}', '--dbpath', folder, '-qa', '--qf', form).splitlines()
    return sorted(line for line in lines if not line.startswith('gpg-pubkey '))


def check_berkeley_db(rows, name):
    """rpm's own reader gives up at a bucket that was never filled (page 6 of this file), so Oracle's is asked."""
    words = run('db5.3_dump', os.path.join(TARGET, name)).split('HEADER=END\n')[1].split()
    values = {bytes.fromhex(value) for value in words[1:-1:2]}
    if not {header for _, header in rows} <= values:
        sys.exit(f'{name} does not hold every header')


main()
