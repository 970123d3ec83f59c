// An addon that has the kernel refuse new processes to the calling thread from now on, as a container's
// seccomp profile, a process limit or a lack of memory does. Threads are let through.

#define _GNU_SOURCE
#include <node_api.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

/// refuseFork(errno)
static napi_value refuse_fork(napi_env env, napi_callback_info info) {
  napi_value given;
  size_t count = 1;
  uint32_t number = EAGAIN;
  napi_get_cb_info(env, info, &count, &given, NULL, NULL);
  napi_get_value_uint32(env, given, &number);
  struct sock_filter steps[] = {
      LOAD(nr),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      // libc asks again with clone, whose flags can be seen.
      RETURN(SECCOMP_RET_ERRNO | ENOSYS),
#ifdef SYS_fork
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 3, 0),
#endif
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
      LOAD(args[0]),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
      RETURN(SECCOMP_RET_ERRNO | number),
      RETURN(SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof steps / sizeof *steps, steps};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    napi_throw_error(env, NULL, "this thread's forks cannot be refused");
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "refuseFork", NAPI_AUTO_LENGTH, refuse_fork, NULL, &function);
  napi_set_named_property(env, exports, "refuseFork", function);
  return exports;
}
