/**
 * Which thread runs: round robin, from voluntary switches and from the run upcall.
 */
#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <aos/lmp_endpoints.h>
#include <rt/syscall.h>
#include <threads/deadlock.h>
#include <threads/sleep.h>
#include <threads/threads.h>
#include <threads/upcall.h>
#include <threads/wait.h>
#include <trace/trace.h>

_Static_assert(offsetof(struct thread, sp) == THREAD_SP && offsetof(struct thread, tp) == THREAD_TP
                   && offsetof(struct thread, resume) == THREAD_RESUME,
               "the assembler knows the layout");

struct thread_scheduler thread_scheduler;

static struct thread main_thread;

static _Noreturn void dispatcher_sleep(struct thread *idle);

/// Stands for nobody: to switch to it is to sleep.
static struct thread idle_thread = {.resume = dispatcher_sleep};

void threads_start(lvaddr_t stack_base, lvaddr_t stack_top)
{
    main_thread.number = ++thread_scheduler.last_number;
    main_thread.tp = (uint64_t)__builtin_thread_pointer();
    main_thread.stack_base = stack_base;
    main_thread.stack_top = stack_top;
    thread_scheduler.current = &main_thread;
    thread_scheduler.count = 1;
}

struct thread *thread_self(void)
{
    return thread_scheduler.current;
}

uint32_t thread_number(const struct thread *thread)
{
    return thread->number;
}

static uint32_t delivered(const struct dispatcher_shared *disp)
{
    return *(const volatile uint32_t *)&disp->any.delivered;
}

/// Without the capability of the own dispatcher, which only the domain itself can have deleted, nobody is
/// preempted.
static void set_slices(bool wants)
{
    thread_scheduler.slices = wants;
    sys_invoke(TASKCN_SLOT_DISPATCHER, DISPATCHER_SLICES, wants, 0, 0, 0, 0, 0);
}

/// Tells the kernel whether the dispatcher has more to look after than the current thread.
static void update_busy(struct dispatcher_shared *disp)
{
    *(volatile uint32_t *)&disp->busy = thread_scheduler.ready.head || thread_scheduler.waiting.head;
}

/// Apart, so that the other case needs no stack frame.
static __attribute__((noinline)) void wake_before_deadline(struct thread *thread)
{
    sleep_cancel(thread);
    threads_wake(thread);
}

void threads_wake(struct thread *thread)
{
    if (thread->deadline.when) {
        wake_before_deadline(thread);
        return;
    }
    thread_queue_append(&thread_scheduler.ready, thread);
    *(volatile uint32_t *)&curdispatcher()->busy = 1;
    if (!thread_scheduler.slices) {
        set_slices(true);
    }
}

/// Wakes whoever waits for a message that has come.
static __attribute__((noinline)) void look(uint32_t now)
{
    struct sync_queue waiting = thread_scheduler.waiting;
    thread_scheduler.looked = now;
    thread_scheduler.waiting.head = NULL;
    struct thread *thread;
    while ((thread = thread_queue_take(&waiting))) {
        if (!thread->endpoint || lmp_endpoint_has_news(thread->endpoint)) {
            threads_wake(thread);
        } else {
            thread_queue_append(&thread_scheduler.waiting, thread);
        }
    }
}

static void look_if_news(const struct dispatcher_shared *disp)
{
    uint32_t now = delivered(disp);
    if (now != thread_scheduler.looked) {
        look(now);
    }
}

/// Who runs next; the dispatcher's own sleep if nobody can.
static struct thread *choose(struct dispatcher_shared *disp)
{
    look_if_news(disp);
    struct thread *next = thread_queue_take(&thread_scheduler.ready);
    update_busy(disp);
    // Also for those that wait for messages: the end of the slice is when a message for them is seen at the
    // latest.
    if (next && disp->busy && !thread_scheduler.slices) {
        set_slices(true);
    }
    return next ? next : &idle_thread;
}

static void switch_to(struct thread *from, struct thread *next)
{
    trace_threads_switch(from->number, next->number);
    thread_scheduler.current = next;
    threads_switch(from, next);
}

void thread_yield(void)
{
    struct dispatcher_shared *disp = disp_disable();
    look_if_news(disp);
    struct thread *next = thread_scheduler.ready.head;
    if (!next) {
        disp_enable(disp);
        sys_yield(0);
        return;
    }
    struct thread *self = thread_scheduler.current;
    self->next = NULL;
    thread_scheduler.ready.tail->next = self; // `next` itself, if it is alone
    thread_scheduler.ready.tail = self;
    thread_scheduler.ready.head = next->next;
    switch_to(self, next);
}

void threads_block(struct sync_queue *queue)
{
    struct thread *self = thread_scheduler.current;
    thread_queue_append(queue, self);
    switch_to(self, choose(curdispatcher()));
}

_Noreturn void threads_leave(void)
{
    struct thread *next = choose(curdispatcher());
    trace_threads_switch(thread_scheduler.current->number, next->number);
    thread_scheduler.current = next;
    threads_enter(next);
}

/// The current thread waits for news of an endpoint, or of any if that is NULL. Disabled; returns enabled.
static bool wait_for_news(struct lmp_endpoint *endpoint, uint64_t until)
{
    thread_scheduler.current->endpoint = endpoint;
    if (until != CLOCK_NEVER) {
        return threads_block_until(&thread_scheduler.waiting, until);
    }
    threads_block(&thread_scheduler.waiting);
    return true;
}

bool threads_wait_endpoint_until(struct lmp_endpoint *endpoint, uint64_t until)
{
    struct dispatcher_shared *disp = disp_disable();
    if (lmp_endpoint_has_news(endpoint)) {
        disp_enable(disp);
        return true;
    }
    return wait_for_news(endpoint, until);
}

void threads_wait_endpoint(struct lmp_endpoint *endpoint)
{
    threads_wait_endpoint_until(endpoint, CLOCK_NEVER);
}

bool threads_wait_any_until(uint32_t seen, uint64_t until)
{
    struct dispatcher_shared *disp = disp_disable();
    if (delivered(disp) != seen) {
        disp_enable(disp);
        return true;
    }
    return wait_for_news(NULL, until);
}

void threads_wait_any(uint32_t seen)
{
    threads_wait_any_until(seen, CLOCK_NEVER);
}

/*
 * The kernel lets a thread wait for any if `any.consumed` says that all news have been seen, and the
 * dispatcher is not busy. Why the thread does not sleep over a message then:
 *
 *  - With several threads, `consumed` is set to `seen` only here, by a thread whose look at all endpoints,
 *    after that many, found nothing that it may take. What others had taken by then they have; what was left
 *    lies in endpoints that other threads wait for, and if there is such a thread the dispatcher is busy.
 *  - Between this and the wait the thread may lose the core, and others may run, look and leave something
 *    behind. But then it goes on by the run upcall, which makes `consumed` one that the kernel never takes
 * for "all seen" (threads_note_unseen()), or by a switch from another thread, before which it was itself in
 * the ready queue, as a result of such an upcall.
 *  - What comes in between without that, as when an interrupt is a message, makes `delivered` differ.
 *  - Messages that were kept from such looks, and are so no longer, are unseen again (threads_note_unseen()).
 *
 * The same holds for the next lmp_chan_reply_wait(), which waits right with its send: as long as nothing has
 * come to a ring since, and no run upcall, what `consumed` says is still true, for what has been handed over
 * since is in the hand of a thread, and whoever blocked or switched meanwhile did not change what is in the
 * rings but by taking. A message that was taken from a ring leaves `consumed` as it was, unless it was the
 * last (lmp_endpoints_take_any()).
 */
bool threads_wait_in_kernel(uint32_t seen)
{
    struct dispatcher_shared *disp = disp_disable();
    bool may = false;
    if (delivered(disp) == seen) {
        update_busy(disp);
        may = !disp->busy;
        if (may) {
            *(volatile uint32_t *)&disp->any.consumed = seen;
        }
    }
    disp_enable(disp);
    return may;
}

void threads_look_again(void)
{
    if (threads_several()) {
        struct dispatcher_shared *disp = disp_disable();
        look(delivered(disp));
        disp_enable(disp);
    }
}

uint32_t threads_begin_look(void)
{
    return delivered(curdispatcher());
}

void threads_end_look(uint32_t seen)
{
    /*
     * With several threads the count stays one that the kernel never takes for "nothing new"
     * (threads_note_unseen()): what this thread has seen another one may not have.
     */
    if (!threads_several()) {
        *(volatile uint32_t *)&curdispatcher()->any.consumed = seen;
    }
}

void threads_note_unseen(struct dispatcher_shared *disp)
{
    *(volatile uint32_t *)&disp->any.consumed = delivered(disp) - 1;
}

/// Nobody can run. The kernel makes the run upcall when a message has come since the last look, even if that
/// was before the call. `current` is NULL, so that the upcall knows that there is nothing in save_enabled.
static _Noreturn void dispatcher_sleep(struct thread *idle)
{
    (void)idle;
    deadlock_look();
    struct dispatcher_shared *disp = curdispatcher();
    thread_scheduler.current = NULL;
    *(volatile uint32_t *)&disp->any.consumed = thread_scheduler.looked;
    sys_yield(0);
    __builtin_trap();
}

/// A preempted thread goes on. The kernel resumes from the dispatcher frame only, and save_enabled is free:
/// its last owner was copied away, or gave up the core by itself.
static void resume_preempted(struct thread *thread)
{
    struct dispatcher_shared *disp = curdispatcher();
    thread->resume = NULL;
    disp->save_enabled = thread->saved;
    threads_restore_fp(&thread->saved_fp);
    sys_resume((uintptr_t)&disp->save_enabled);
    __builtin_trap();
}

_Noreturn void threads_run(struct dispatcher_shared *disp)
{
    struct thread *interrupted = thread_scheduler.current;
    look_if_news(disp);
    sleep_look();
    // A single thread that slept until now has not looked at what came meanwhile either.
    if (threads_several() || !interrupted) {
        threads_note_unseen(disp);
    }
    if (interrupted && !thread_scheduler.ready.head) {
        if (thread_scheduler.slices && !thread_scheduler.waiting.head) {
            set_slices(false);
        }
        sys_resume((uintptr_t)&disp->save_enabled);
        __builtin_trap();
    }
    if (interrupted) {
        interrupted->saved = disp->save_enabled;
        threads_save_fp(&interrupted->saved_fp);
        interrupted->resume = resume_preempted;
        thread_queue_append(&thread_scheduler.ready, interrupted);
    }
    struct thread *next = choose(disp);
    trace_threads_switch(interrupted ? interrupted->number : 0, next->number);
    thread_scheduler.current = next;
    threads_enter(next);
}
