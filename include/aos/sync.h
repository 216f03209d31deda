/**
 * How the threads of one dispatcher wait for each other.
 *
 * Everything may stand in static memory, all zero. Whoever waits is served in the order of coming, and the
 * dispatcher runs other threads meanwhile; nothing enters the kernel. A dispatcher runs on one core, so
 * nothing spins. Who waits for something that nobody will do waits for ever; in debug builds a deadlock is
 * reported and ends the domain. A deadline is a time of clock_now_us() (aos/clock.h); when it comes first,
 * the call gives LIB_ERR_TIMEOUT and has done nothing.
 */
#ifndef AOS_SYNC_H
#define AOS_SYNC_H

#include <abi/errno.h>
#include <stdbool.h>
#include <stdint.h>

struct thread;

/// Threads that wait, in order.
struct sync_queue {
    struct thread *head;
    struct thread *tail;
};

#define THREAD_MUTEX_WAITED 1UL

/**
 * `holder` is 0, or the thread pointer of who holds it, which no two threads share, with THREAD_MUTEX_WAITED
 * if somebody waits.
 */
struct thread_mutex {
    uintptr_t holder;
    uint32_t depth; ///< How often its holder has it beyond the first time.
    struct sync_queue queue;
};

#define THREAD_MUTEX_INITIALIZER ((struct thread_mutex){0})

static inline void thread_mutex_init(struct thread_mutex *mutex)
{
    *mutex = THREAD_MUTEX_INITIALIZER;
}

/// Takes the mutex if it is free. \return true if it is the caller's now
static inline bool thread_mutex_trylock(struct thread_mutex *mutex)
{
    uintptr_t free = 0;
    return __builtin_expect(__atomic_compare_exchange_n(&mutex->holder, &free,
                                                        (uintptr_t)__builtin_thread_pointer(), false,
                                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED),
                            1);
}

/// True if the calling thread has the mutex.
static inline bool thread_mutex_is_mine(const struct thread_mutex *mutex)
{
    return (__atomic_load_n(&mutex->holder, __ATOMIC_RELAXED) & ~THREAD_MUTEX_WAITED)
           == (uintptr_t)__builtin_thread_pointer();
}

/* The part of lock and unlock with somebody waiting. */
void thread_mutex_lock_slowly(struct thread_mutex *mutex);
void thread_mutex_unlock_slowly(struct thread_mutex *mutex);

/// Takes the mutex. Blocks while another thread has it; a thread that has it already panics.
static inline void thread_mutex_lock(struct thread_mutex *mutex)
{
    if (!thread_mutex_trylock(mutex)) {
        thread_mutex_lock_slowly(mutex);
    }
}

/// Takes the mutex if it becomes free before a deadline. \return SYS_ERR_OK, or LIB_ERR_TIMEOUT
errval_t thread_mutex_lock_until(struct thread_mutex *mutex, uint64_t deadline_us);

/// Gives the mutex back, to whoever has waited longest if anybody does. Panics if the caller does not have
/// it.
static inline void thread_mutex_unlock(struct thread_mutex *mutex)
{
    uintptr_t self = (uintptr_t)__builtin_thread_pointer();
    if (__builtin_expect(!__atomic_compare_exchange_n(&mutex->holder, &self, 0, false, __ATOMIC_RELEASE,
                                                      __ATOMIC_RELAXED),
                         0)) {
        thread_mutex_unlock_slowly(mutex);
    }
}

/// Takes the mutex, as often as it likes if it has it already. Blocks while another thread has it.
static inline void thread_mutex_lock_nested(struct thread_mutex *mutex)
{
    if (thread_mutex_is_mine(mutex)) {
        mutex->depth++;
    } else {
        thread_mutex_lock(mutex);
    }
}

/// thread_mutex_lock_nested() that does not block. \return true if it is the caller's now
bool thread_mutex_trylock_nested(struct thread_mutex *mutex);

/// Undoes one thread_mutex_lock_nested().
static inline void thread_mutex_unlock_nested(struct thread_mutex *mutex)
{
    if (mutex->depth > 0) {
        mutex->depth--;
    } else {
        thread_mutex_unlock(mutex);
    }
}

/// A condition that is waited for with a mutex held.
struct thread_cond {
    struct sync_queue queue;
};

#define THREAD_COND_INITIALIZER ((struct thread_cond){0})

static inline void thread_cond_init(struct thread_cond *cond)
{
    *cond = THREAD_COND_INITIALIZER;
}

/**
 * Gives the mutex back, waits to be signalled, and takes the mutex again, as deeply as it was held. No signal
 * is missed in between, and nobody returns without one; but others may have had the mutex first, so look at
 * the condition again.
 */
void thread_cond_wait(struct thread_cond *cond, struct thread_mutex *mutex);

/// The same with a deadline for the signal. The mutex is taken again in any case, however long that takes.
/// \return SYS_ERR_OK, or LIB_ERR_TIMEOUT
errval_t thread_cond_wait_until(struct thread_cond *cond, struct thread_mutex *mutex, uint64_t deadline_us);

/// Wakes the thread that has waited longest, if any waits.
void thread_cond_signal(struct thread_cond *cond);

/// Wakes all that wait.
void thread_cond_broadcast(struct thread_cond *cond);

struct thread_sem {
    uint32_t value;
    struct sync_queue queue;
};

#define THREAD_SEM_INITIALIZER(n) ((struct thread_sem){.value = (n)})

static inline void thread_sem_init(struct thread_sem *sem, uint32_t value)
{
    *sem = THREAD_SEM_INITIALIZER(value);
}

/// Takes one. Blocks while there is none.
void thread_sem_wait(struct thread_sem *sem);

/// Takes one if there is one before a deadline. \return SYS_ERR_OK, or LIB_ERR_TIMEOUT
errval_t thread_sem_wait_until(struct thread_sem *sem, uint64_t deadline_us);

/// Takes one if there is one. \return whether there was
bool thread_sem_trywait(struct thread_sem *sem);

/// Gives one, to whoever has waited longest if anybody does. Never blocks.
void thread_sem_post(struct thread_sem *sem);

struct thread_once {
    bool done;
    struct thread_mutex mutex;
};

#define THREAD_ONCE_INIT ((struct thread_once){0})

void thread_once_slowly(struct thread_once *once, void (*function)(void));

/// Runs a function the first time, and returns when it has been run. Blocks while another thread runs it.
static inline void thread_once(struct thread_once *once, void (*function)(void))
{
    if (!__atomic_load_n(&once->done, __ATOMIC_ACQUIRE)) {
        thread_once_slowly(once, function);
    }
}

/// Many readers or one writer. In order of coming: a reader waits behind a writer that waits, so neither
/// starves.
struct thread_rwlock {
    uint32_t readers;
    bool written;
    struct sync_queue queue;
};

#define THREAD_RWLOCK_INITIALIZER ((struct thread_rwlock){0})

static inline void thread_rwlock_init(struct thread_rwlock *lock)
{
    *lock = THREAD_RWLOCK_INITIALIZER;
}

/// Blocks while somebody writes or waits to write. Not for a thread that has the lock already.
void thread_rwlock_read(struct thread_rwlock *lock);

/// Blocks while anybody else has the lock. Not for a thread that has the lock already.
void thread_rwlock_write(struct thread_rwlock *lock);

/// Gives back what either of the two took.
void thread_rwlock_unlock(struct thread_rwlock *lock);

#endif
