/**
 * Threads come and go.
 */
#include <aos/dispatch.h>
#include <stdlib.h>
#include <threads/stacks.h>
#include <threads/threads.h>
#include <threads/upcall.h>
#include <threads/wait.h>

/// Ended threads that nobody joins. A thread cannot free the stack that it runs on: the next that creates,
/// joins or ends does it. Changed disabled.
static struct sync_queue dead;

static void free_dead(void)
{
    while (__atomic_load_n(&dead.head, __ATOMIC_RELAXED)) {
        struct dispatcher_shared *disp = disp_disable();
        struct thread *thread = thread_queue_take(&dead);
        disp_enable(disp);
        if (thread) {
            thread_memory_free(thread);
        }
    }
}

/// What threads_switch() finds when it goes on with the thread for the first time.
static void make_first_frame(struct thread *thread)
{
    uint64_t *frame = (uint64_t *)(thread->stack_top - SWITCH_FRAME_BYTES);
    for (unsigned i = 0; i < SWITCH_FRAME_BYTES / sizeof(uint64_t); i++) {
        frame[i] = 0;
    }
    frame[1] = (uint64_t)threads_trampoline; // x30; x29, 0, ends the backtrace
    frame[2] = (uint64_t)thread->function;   // x19
    frame[3] = (uint64_t)thread->arg;        // x20
    thread->sp = (uint64_t)frame;
}

errval_t thread_create_with(thread_func_t function, void *arg, size_t stack_bytes, struct thread **ret)
{
    struct thread *thread;
    free_dead();
    errval_t err = thread_memory_alloc(stack_bytes, &thread);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_THREAD_CREATE);
    }
    thread->function = function;
    thread->arg = arg;
    thread->resume = NULL;
    thread->joined = false;
    thread->joiners.head = NULL;
    thread->ended = false;
    thread->detached = ret == NULL;
    make_first_frame(thread);
    if (ret) {
        *ret = thread;
    }
    struct dispatcher_shared *disp = disp_disable();
    thread->number = ++thread_scheduler.last_number;
    if (thread_scheduler.count++ == 1) {
        threads_note_unseen(disp); // from now on looks do not say that all has been seen
    }
    threads_wake(thread);
    disp_enable(disp);
    return SYS_ERR_OK;
}

errval_t thread_create(thread_func_t function, void *arg, struct thread **ret)
{
    return thread_create_with(function, arg, THREAD_STACK_BYTES, ret);
}

_Noreturn void thread_exit(int status)
{
    free_dead();
    struct dispatcher_shared *disp = disp_disable();
    struct thread *self = thread_scheduler.current;
    if (thread_scheduler.count == 1) {
        disp_enable(disp);
        exit(status);
    }
    thread_scheduler.count--;
    self->status = status;
    self->ended = true;
    struct thread *joiner = thread_queue_take(&self->joiners);
    if (joiner) {
        threads_wake(joiner);
    } else if (self->detached && !capref_is_null(self->frame)) {
        thread_queue_append(&dead, self);
    }
    threads_leave();
}

/// Inline, so that the way without a deadline is short.
static inline __attribute__((always_inline)) errval_t join(struct thread *thread, uint64_t until, int *status)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread *self = thread_scheduler.current;
    if (thread == self || thread->detached || thread->joined) {
        disp_enable(disp);
        return LIB_ERR_THREAD_JOIN;
    }
    thread->joined = true;
    if (thread->ended) {
        disp_enable(disp);
    } else if (!threads_wait(&thread->joiners, THREAD_WAIT_THREAD, thread, until)) {
        thread->joined = false;
        return LIB_ERR_TIMEOUT;
    }
    if (status) {
        *status = thread->status;
    }
    if (!capref_is_null(thread->frame)) {
        thread_memory_free(thread);
    }
    free_dead();
    return SYS_ERR_OK;
}

errval_t thread_join(struct thread *thread, int *status)
{
    return join(thread, CLOCK_NEVER, status);
}

errval_t thread_join_until(struct thread *thread, uint64_t deadline_us, int *status)
{
    return join(thread, clock_ticks_of_us(deadline_us), status);
}

errval_t thread_detach(struct thread *thread)
{
    struct dispatcher_shared *disp = disp_disable();
    if (thread->detached || thread->joined) {
        disp_enable(disp);
        return LIB_ERR_THREAD_JOIN;
    }
    thread->detached = true;
    if (thread->ended && !capref_is_null(thread->frame)) {
        thread_queue_append(&dead, thread);
    }
    disp_enable(disp);
    free_dead();
    return SYS_ERR_OK;
}
