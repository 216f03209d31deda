#include <mm/lock.h>

struct thread_mutex memory_mutex;
