#include <aos/dispatch.h>
#include <aos/kernel.h>
#include <aos/text.h>
#include <dispatch/dispatch.h>
#include <stdlib.h>
#include <threads/deadlock.h>
#include <threads/sleep.h>

#if CONFIG_DEBUG

#define LINE_BYTES 640

/// All that wait for others, in no order. A thread that was woken and has not run yet is still among them.
/// Changed disabled.
static struct thread *blocked;

static struct thread *blocked_with_tp(uint64_t tp)
{
    struct thread *thread = blocked;
    while (thread && thread->tp != tp) {
        thread = thread->next_blocked;
    }
    return thread;
}

static uint64_t holder_tp(const struct thread *thread)
{
    return ((const struct thread_mutex *)thread->waits_for)->holder & ~THREAD_MUTEX_WAITED;
}

/// Whom a thread waits for, as far as one can know.
static const struct thread *waits_for_thread(const struct thread *thread)
{
    switch (thread->wait_kind) {
    case THREAD_WAIT_MUTEX:
        return blocked_with_tp(holder_tp(thread));
    case THREAD_WAIT_THREAD:
        return thread->waits_for;
    default:
        return NULL;
    }
}

static void print(struct text *line)
{
    text_add(line, "\n");
    kernel_print(line->start, line->length);
}

static void begin_line(struct text *line, char *buffer)
{
    text_init(line, buffer, LINE_BYTES);
    text_add(line, "deadlock: domain=");
    text_add(line, disp_name());
}

static void report_thread(const struct thread *thread, const void *frame)
{
    static const char *const kinds[] = {
        [THREAD_WAIT_MUTEX] = "mutex",         [THREAD_WAIT_CONDITION] = "condition",
        [THREAD_WAIT_SEMAPHORE] = "semaphore", [THREAD_WAIT_RWLOCK] = "rwlock",
        [THREAD_WAIT_SPIN] = "spin",           [THREAD_WAIT_THREAD] = "end",
    };
    char buffer[LINE_BYTES];
    struct text line;
    begin_line(&line, buffer);
    text_add(&line, " thread=");
    text_add_unsigned(&line, thread->number);
    text_add(&line, " waits=");
    text_add(&line, kinds[thread->wait_kind]);
    text_add(&line, " at=");
    text_add_hex(&line, (uintptr_t)thread->waits_for);
    const struct thread *other = waits_for_thread(thread);
    if (other) {
        text_add(&line, " of=");
        text_add_unsigned(&line, other->number);
    }
    text_add(&line, " backtrace=");
    dispatch_add_backtrace(&line, thread, (lvaddr_t)frame, (lvaddr_t)frame);
    print(&line);
}

/// What a thread that gave up the core left on its stack begins with its frame pointer.
static const void *frame_of(const struct thread *thread)
{
    return *(const void *const *)thread->sp;
}

/// The mutexes that threads wait for, from the one that `self` is about to wait for on: do they lead back? A
/// thread with a deadline will go on, and so will one that has been handed what it waits for.
static bool closes_cycle(const struct thread *self)
{
    const struct thread *thread = self;
    while (thread && thread->wait_kind == THREAD_WAIT_MUTEX && !thread->deadline.when) {
        uint64_t tp = holder_tp(thread);
        if (tp == self->tp) {
            return true;
        }
        thread = tp == thread->tp ? NULL : blocked_with_tp(tp);
    }
    return false;
}

static void report_cycle(const struct thread *self)
{
    char buffer[LINE_BYTES];
    struct text line;
    begin_line(&line, buffer);
    text_add(&line, " threads wait for each other's mutexes");
    print(&line);
    report_thread(self, __builtin_frame_address(0));
    for (const struct thread *other = waits_for_thread(self); other != self;
         other = waits_for_thread(other)) {
        report_thread(other, frame_of(other));
    }
    abort();
}

void deadlock_wait_begin(struct thread *thread, bool has_deadline)
{
    thread->next_blocked = blocked;
    blocked = thread;
    if (!has_deadline && closes_cycle(thread)) {
        report_cycle(thread);
    }
}

void deadlock_wait_end(struct thread *thread)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread **link = &blocked;
    while (*link != thread) {
        link = &(*link)->next_blocked;
    }
    *link = thread->next_blocked;
    disp_enable(disp);
}

void deadlock_look(void)
{
    if (thread_scheduler.waiting.head || !sleep_is_nobody() || !blocked) {
        return;
    }
    char buffer[LINE_BYTES];
    struct text line;
    begin_line(&line, buffer);
    text_add(&line, " no thread can run, and nothing else will wake one");
    print(&line);
    for (const struct thread *thread = blocked; thread; thread = thread->next_blocked) {
        report_thread(thread, frame_of(thread));
    }
    abort();
}

#endif
