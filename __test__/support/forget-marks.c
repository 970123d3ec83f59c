// Preloaded: the marks that rsprof's own threads would put back (MADV_DONTFORK) are forgotten, so that
// the tests can see what they look for.

#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int madvise(void *address, size_t length, int advice) {
  char name[16] = "";
  if (advice == MADV_DONTFORK && pthread_getname_np(pthread_self(), name, sizeof name) == 0 &&
      strncmp(name, "rsprof", 6) == 0) {
    return 0;
  }
  return (int)syscall(SYS_madvise, address, length, advice);
}
