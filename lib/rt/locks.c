#include <aos/debug.h>
#include <aos/rpc.h>
#include <rpc/serving.h>
#include <rt/locks.h>
#include <stdlib.h>

struct __lock __lock___libc_recursive_mutex;

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = calloc(1, sizeof(struct __lock));
    if (!*lock) {
        USER_PANIC("no memory for a lock of the C library");
    }
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    free(lock);
}

/**
 * Who has the lock of a stream may be a handler that waits for the console, and that needs the baton of its
 * server to go on: a handler that waits for the lock must not keep it.
 */
static void acquire(_LOCK_T lock)
{
    const bool is_server = rpc_thread.is_server;
    if (is_server) {
        serving_leave();
    }
    thread_mutex_lock(&lock->mutex);
    if (is_server) {
        serving_take();
    }
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    if (!thread_mutex_trylock(&lock->mutex)) {
        acquire(lock);
    }
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return thread_mutex_trylock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
    thread_mutex_unlock(&lock->mutex);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    if (!thread_mutex_trylock_nested(&lock->mutex)) {
        acquire(lock);
    }
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    return thread_mutex_trylock_nested(&lock->mutex);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    thread_mutex_unlock_nested(&lock->mutex);
}
