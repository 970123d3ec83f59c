// An addon whose finaliser does harm, for the tests of the sandbox in __test__/fork.
//
// Its objects are collected inside V8's garbage collection (experimental Node-API modules have their
// finalisers run there). In the process that loaded it the finaliser only counts. In any other process
// - a forked child - it tries everything below, once, and says on standard error what it was told.

#define _GNU_SOURCE
#define NAPI_EXPERIMENTAL
#define NODE_API_EXPERIMENTAL_NO_WARNING
#include <node_api.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES 1024
#define SHARED_BYTES 4096
/* The parent itself has taken the right to write from the shared memory; the child asks for it back. */
#define PROTECTED "write protected shared memory"

static struct {
  char victim[PATH_BYTES];
  char newcomer[PATH_BYTES];
  char mode[64];
} plan;

static pid_t parent;
static int runs_in_parent;
static int sockets[2] = {-1, -1};
static int file = -1;
static char *shared;
/// What a process that writes another one's memory would change.
static char secret[8] = "intact";
static int tried;

static char words[2048];

static void note(const char *what, long answer) {
  size_t used = strlen(words);
  const char *told = answer == -1 ? strerrorname_np(errno) : "done";
  snprintf(words + used, sizeof words - used, "%s=%s ", what, told ? told : "?");
}

static void write_parents_memory(void) {
  char own[] = "broken";
  struct iovec from = {own, sizeof own};
  struct iovec to = {secret, sizeof own};
  note("process_vm_writev", process_vm_writev(parent, &from, 1, &to, 1, 0));
  // Where it works it stops the process that is under test: not to be shown.
  if (strcmp(plan.mode, "unprotected") != 0) note("ptrace", ptrace(PTRACE_ATTACH, parent, NULL, NULL));
}

static void write_shared_memory(void) {
  memcpy(shared, "broken", 6);
}

static void touch_files(void) {
  note("unlink", unlink(plan.victim));
  note("rename", rename(plan.victim, plan.newcomer));
  note("truncate", truncate(plan.victim, 0));
  note("chmod", chmod(plan.victim, 0));
  note("open", open(plan.victim, O_WRONLY | O_TRUNC));
  note("creat", creat(plan.newcomer, 0600));
  note("mkdir", mkdir(plan.newcomer, 0700));
  note("symlink", symlink(plan.victim, plan.newcomer));
  note("ftruncate", ftruncate(file, 0));
  // Let through, and without effect: the descriptor leads to /dev/null.
  note("write(file)", pwrite(file, "broken", 6, 0));
}

static void talk(void) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9)};
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  note("socket", socket(AF_INET, SOCK_STREAM, 0));
  note("connect", connect(sockets[0], (struct sockaddr *)&there, sizeof there));
  note("send", send(sockets[0], "broken", 6, MSG_NOSIGNAL));
  note("shutdown", shutdown(sockets[0], SHUT_RDWR));
  // As above.
  note("write(socket)", write(sockets[0], "broken", 6));
}

static void hurt_processes(void) {
  char *arguments[] = {"/bin/sh", "-c", "kill $PPID", NULL};
  note("kill", kill(parent, SIGTERM));
  note("tgkill", syscall(SYS_tgkill, parent, parent, SIGUSR2));
  note("sigqueue", sigqueue(parent, SIGUSR2, (union sigval){0}));
  pid_t child = fork();
  if (child == 0) _exit(0);
  note("fork", child);
  long clone = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (clone == 0) _exit(0);
  note("clone", clone);
  note("pidfd_open", syscall(SYS_pidfd_open, parent, 0));
  note("execve", execve(arguments[0], arguments, NULL));
}

static void do_harm(void) {
  if (strcmp(plan.mode, "write shared memory") == 0) {
    (void)!write(STDERR_FILENO, "about to write shared memory\n", 29);
    write_shared_memory();
    (void)!write(STDERR_FILENO, "wrote shared memory\n", 20);
    return;
  }
  if (strcmp(plan.mode, PROTECTED) == 0) {
    mprotect(shared, SHARED_BYTES, PROT_READ | PROT_WRITE);
    write_shared_memory();
    return;
  }
  touch_files();
  talk();
  write_parents_memory();
  hurt_processes();
  (void)!write(STDERR_FILENO, words, strlen(words));
  if (strcmp(plan.mode, "and abort") == 0) abort();
  if (strcmp(plan.mode, "and exit") == 0) exit(0);
  if (strcmp(plan.mode, "and hang") == 0) for (;;) pause();
  struct timespec second = {1, 0};
  if (strcmp(plan.mode, "and sleep") == 0) nanosleep(&second, NULL);
}

// The type of `env` has another name on Node 18: it is not used here.
static void finalize(void *env, void *data, void *hint) {
  (void)env, (void)data, (void)hint;
  if (getpid() == parent) {
    runs_in_parent++;
    return;
  }
  if (tried++ == 0) do_harm();
}

/// plant(): an object whose end the finaliser sees.
static napi_value plant(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  napi_create_object(env, &object);
  napi_wrap(env, object, secret, (void *)finalize, NULL, NULL);
  return object;
}

static void text(napi_env env, napi_value value, char *into, size_t size) {
  napi_get_value_string_utf8(env, value, into, size, NULL);
}

/// unprotected(): the same harm from a plain child, so that the tests can see what they look for.
static napi_value unprotected(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  pid_t child = fork();
  if (child == 0) {
    write_shared_memory();
    do_harm();
    _exit(0);
  }
  waitpid(child, NULL, 0);
  return NULL;
}

/// arm(mode, victim, newcomer, sharedFile): `victim` and `sharedFile` exist and are opened.
static napi_value arm(napi_env env, napi_callback_info info) {
  napi_value given[4];
  size_t count = 4;
  char path[PATH_BYTES];
  napi_get_cb_info(env, info, &count, given, NULL, NULL);
  text(env, given[0], plan.mode, sizeof plan.mode);
  text(env, given[1], plan.victim, sizeof plan.victim);
  text(env, given[2], plan.newcomer, sizeof plan.newcomer);
  text(env, given[3], path, sizeof path);
  int backing = open(path, O_RDWR | O_CLOEXEC);
  file = open(plan.victim, O_RDWR | O_CLOEXEC);
  shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, backing, 0);
  int failed = backing < 0 || file < 0 || shared == MAP_FAILED ||
               socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0;
  if (!failed && strcmp(plan.mode, PROTECTED) == 0) mprotect(shared, SHARED_BYTES, PROT_READ);
  if (failed) napi_throw_error(env, NULL, "the hostile addon cannot be armed");
  return NULL;
}

static void set(napi_env env, napi_value object, const char *name, int number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  napi_set_named_property(env, object, name, value);
}

/// state(): what was done to this process.
static napi_value state(napi_env env, napi_callback_info info) {
  (void)info;
  char received[64];
  napi_value object;
  napi_create_object(env, &object);
  // Nothing there: -1 (EAGAIN); the other end was shut down: 0.
  set(env, object, "received", (int)recv(sockets[1], received, sizeof received, MSG_DONTWAIT));
  set(env, object, "secretIntact", strcmp(secret, "intact") == 0);
  set(env, object, "sharedIntact", memcmp(shared, "broken", 6) != 0);
  set(env, object, "runsHere", runs_in_parent);
  return object;
}

/// writeShared(): shows that the mapping is one that is seen by others.
static napi_value write_shared(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  memcpy(shared + 100, "written by the parent", 21);
  return NULL;
}

NAPI_MODULE_INIT() {
  parent = getpid();
  napi_property_descriptor functions[] = {
      {"plant", NULL, plant, NULL, NULL, NULL, napi_enumerable, NULL},
      {"arm", NULL, arm, NULL, NULL, NULL, napi_enumerable, NULL},
      {"state", NULL, state, NULL, NULL, NULL, napi_enumerable, NULL},
      {"unprotected", NULL, unprotected, NULL, NULL, NULL, napi_enumerable, NULL},
      {"writeShared", NULL, write_shared, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
