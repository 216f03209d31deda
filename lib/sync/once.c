#include <aos/sync.h>

void thread_once_slowly(struct thread_once *once, void (*function)(void))
{
    thread_mutex_lock(&once->mutex);
    if (!once->done) {
        function();
        __atomic_store_n(&once->done, true, __ATOMIC_RELEASE);
    }
    thread_mutex_unlock(&once->mutex);
}
