/**
 * The scheduler of threads, for the libraries that block. Programs use aos/threads.h and aos/sync.h.
 *
 * The scheduler's data belong to whoever runs disabled: a thread between disp_disable() and disp_enable(), or
 * an upcall. "Disabled" below says that the caller must be. A function that switches away is entered disabled
 * and comes back enabled.
 */
#ifndef LIB_THREADS_THREADS_H
#define LIB_THREADS_THREADS_H

/* Offsets in struct thread for switch.S, asserted in schedule.c. */
#define THREAD_SP     0
#define THREAD_TP     8
#define THREAD_RESUME 16

/* What a thread that gave up the core left on its stack: x19 to x30, d8 to d15, FPCR. */
#define SWITCH_FRAME_BYTES 176
#define SWITCH_FRAME_FP    96

#ifndef __ASSEMBLER__
#include <abi/dispatcher.h>
#include <aos/caddr.h>
#include <aos/sync.h>
#include <aos/threads.h>
#include <lib/collections/deadlines.h>
#include <stdbool.h>

struct lmp_endpoint;

/// What a thread waits for another one by: the kinds of the trace point sync.wait_begin.
enum thread_wait_kind {
    THREAD_WAIT_MUTEX,
    THREAD_WAIT_CONDITION,
    THREAD_WAIT_SEMAPHORE,
    THREAD_WAIT_RWLOCK,
    THREAD_WAIT_SPIN,
    THREAD_WAIT_THREAD,
};

struct thread {
    uint64_t sp;                     ///< Of a thread that gave up the core: its switch frame.
    uint64_t tp;                     ///< TPIDR_EL0, for its whole life.
    void (*resume)(struct thread *); ///< How it goes on, if not from its switch frame.
    struct thread *next;             ///< In the one queue that it stands in.
    uint32_t number;
    int status; ///< Once it has ended.
    bool ended;
    bool detached;
    bool joined;      ///< Somebody waits for its end, or has waited.
    bool wants_write; ///< While it waits for a reader-writer lock.
    bool timed_out;   ///< Its last wait ended with its deadline.
    enum thread_wait_kind wait_kind;
    const void *waits_for;         ///< What it waits for, or waited for last.
    struct sync_queue *waits_in;   ///< While it has a deadline: the queue that it stands in.
    struct deadline deadline;      ///< While it waits with one; `when` is 0 else.
    struct thread *next_blocked;   ///< In debug builds: among those that wait for others.
    struct sync_queue joiners;     ///< Who waits for its end, at most one.
    struct lmp_endpoint *endpoint; ///< While it waits for messages: for this one's, or NULL for any.
    lvaddr_t stack_base;           ///< Lowest address that its stack may grow to.
    lvaddr_t stack_top;
    lvaddr_t fault_stack_base; ///< Where it handles its faults; fault.c.
    lvaddr_t fault_stack_top;
    thread_fault_handler_t fault_handler;
    bool stack_grown;    ///< Its stack has got memory since it was made or trimmed.
    struct capref frame; ///< Its memory: fault stack, thread-local data, and this. Null for the main thread.
    thread_func_t function;
    void *arg;
    struct registers saved; ///< Of a preempted thread, with the FP state.
    struct fp_registers saved_fp;
};

struct thread_scheduler {
    struct thread *current;    ///< NULL while the dispatcher sleeps.
    struct sync_queue ready;   ///< Can run, but the current one.
    struct sync_queue waiting; ///< For messages.
    union {
        struct {
            uint32_t count;    ///< Threads that have not ended.
            uint32_t specials; ///< Of lib/rpc: reasons why nobody may just wait in the kernel.
        };
        uint64_t count_and_specials; ///< Both in one load.
    };
    uint32_t looked; ///< Messages that had been delivered when the waiting threads were last looked at.
    uint32_t last_number;
    bool slices; ///< The kernel was asked to end our time slices.
};

extern struct thread_scheduler thread_scheduler;

/// Makes the thread of main() known, before the first upcall. Disabled.
void threads_start(lvaddr_t stack_base, lvaddr_t stack_top);

/// Gives the thread of main() another stack, and the one it had for its faults. \return the new top, or 0 if
/// there is no memory for it
lvaddr_t threads_grow_main_stack(size_t limit_bytes);

/// True if threads other than the caller exist.
static inline bool threads_several(void)
{
    return *(const volatile uint32_t *)&thread_scheduler.count > 1;
}

/// True if not, and nothing special is under way either.
static inline bool threads_plain(void)
{
    return *(const volatile uint64_t *)&thread_scheduler.count_and_specials == 1;
}

static inline void thread_queue_append(struct sync_queue *queue, struct thread *thread)
{
    thread->next = NULL;
    if (queue->head) {
        queue->tail->next = thread;
    } else {
        queue->head = thread;
    }
    queue->tail = thread;
}

/// \return the first, or NULL
static inline struct thread *thread_queue_take(struct sync_queue *queue)
{
    struct thread *thread = queue->head;
    if (thread) {
        queue->head = thread->next;
    }
    return thread;
}

/// The thread can run again. Disabled; the thread must be in no queue.
void threads_wake(struct thread *thread);

/// The current thread waits in `queue` until it is taken out and woken. Disabled; returns enabled.
void threads_block(struct sync_queue *queue);

/// The current thread runs no more. Disabled.
_Noreturn void threads_leave(void);

/// Waits until `endpoint` has news. Enabled.
void threads_wait_endpoint(struct lmp_endpoint *endpoint);

/// The same until the system counter is at `until`. \return false if that came first
bool threads_wait_endpoint_until(struct lmp_endpoint *endpoint, uint64_t until);

/// Waits until the dispatcher has had more than `seen` news, over all endpoints. Enabled.
void threads_wait_any(uint32_t seen);

/// The same until the system counter is at `until`. \return false if that came first
bool threads_wait_any_until(uint32_t seen, uint64_t until);

/// A look at all endpoints that had had `seen` news found nothing: may this thread wait in the kernel for
/// any, since no other one has anything to do until something happens? Enabled.
bool threads_wait_in_kernel(uint32_t seen);

/// Whoever waits for any message looks again: something has changed. Enabled.
void threads_look_again(void);

/// How many news the dispatcher has had, for a look at all endpoints that begins now.
uint32_t threads_begin_look(void);

/// The look that began at `seen` left nothing: a single thread's next wait in the kernel returns at once only
/// if more has come.
void threads_end_look(uint32_t seen);

/// There may be something that nobody has looked at: the next wait in the kernel for any returns at once.
void threads_note_unseen(struct dispatcher_shared *disp);

/* switch.S. Disabled; what goes on does so enabled. */
void threads_switch(struct thread *from, struct thread *to);
_Noreturn void threads_enter(struct thread *to);
/// Runs function(argument), with the stack below `argument` and this thread pointer.
_Noreturn void threads_enter_on(void *argument, uint64_t tp, void *function);
extern const char threads_trampoline[];
void threads_save_fp(struct fp_registers *state);
void threads_restore_fp(const struct fp_registers *state);

#endif
#endif
