#include <aos/debug.h>
#include <aos/dispatch.h>
#include <rt/locks.h>
#include <stdlib.h>

struct __lock __lock___libc_recursive_mutex;

static uintptr_t self(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

/// \return true if the lock was free, and is the caller's now
static bool take(struct __lock *lock)
{
    uintptr_t free = 0;
    return __atomic_compare_exchange_n(&lock->holder, &free, self(), false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static bool held_by_self(const struct __lock *lock)
{
    return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == self();
}

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

void __retarget_lock_acquire(_LOCK_T lock)
{
    while (!take(lock)) {
        if (held_by_self(lock)) {
            abort(); // it would wait for itself
        }
        thread_yield();
    }
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return take(lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    if (!held_by_self(lock)) {
        __retarget_lock_acquire(lock);
    }
    lock->depth++;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    if (!held_by_self(lock) && !take(lock)) {
        return 0;
    }
    lock->depth++;
    return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    if (--lock->depth == 0) {
        __retarget_lock_release(lock);
    }
}
