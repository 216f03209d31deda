#include <fake_dispatcher.h>

#include <check.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <aos/clock.h>
#include <aos/dispatch.h>
#include <aos/lmp_endpoints.h>
#include <rt/syscall.h>
#include <sync/sync.h>
#include <threads/stacks.h>
#include <threads/threads.h>
#include <threads/upcall.h>

#define STACK_BYTES 0x10000
#define TICKS_MAX   40 ///< By which the clock goes on at a time. A tick is a microsecond.

struct context {
    struct thread thread; ///< But for the first thread, whose struct is the scheduler's.
    ucontext_t registers;
    void *asan_stack;
    struct context *next;
    _Alignas(16) char stack[STACK_BYTES];
};

/// What the stack of main() does next.
enum action {
    GO_ON,
    UPCALL,
    FINISH
};

static struct {
    struct dispatcher_shared disp;
    enum action action;
    struct thread *next; ///< Who goes on.
    struct context *running;
    struct context *first; ///< Of the first thread.
    ucontext_t main_registers;
    void *main_asan_stack;
    const void *main_stack;
    size_t main_stack_bytes;
    jmp_buf top;
    uint64_t clock;
    uint64_t wake_at; ///< What the kernel was asked for.
    uint64_t random;
    unsigned one_in;
    unsigned memories; ///< Threads whose memory is not free.
} machine;

const char threads_trampoline[1];

unsigned fake_random(unsigned limit)
{
    machine.random ^= machine.random >> 12;
    machine.random ^= machine.random << 25;
    machine.random ^= machine.random >> 27;
    return (unsigned)((machine.random * 0x2545f4914f6cdd1d >> 33) % limit);
}

static struct context *context_of(struct thread *thread)
{
    return thread->function ? (struct context *)thread : machine.first;
}

/* Contexts */

/// Goes to the stack of main(), which does what `action` says. Returns when this thread goes on.
static void leave_thread(struct context *context)
{
    __sanitizer_start_switch_fiber(&context->asan_stack, machine.main_stack, machine.main_stack_bytes);
    swapcontext(&context->registers, &machine.main_registers);
    __sanitizer_finish_switch_fiber(context->asan_stack, NULL, NULL);
}

static void enter_thread(struct context *context)
{
    machine.running = context;
    machine.disp.disabled = 0;
    __sanitizer_start_switch_fiber(&machine.main_asan_stack, context->stack, STACK_BYTES);
    swapcontext(&machine.main_registers, &context->registers);
    __sanitizer_finish_switch_fiber(machine.main_asan_stack, NULL, NULL);
    machine.running = NULL;
}

static void first_entry(void)
{
    __sanitizer_finish_switch_fiber(NULL, &machine.main_stack, &machine.main_stack_bytes);
    struct context *context = machine.running;
    int status = context->thread.function(context->thread.arg);
    if (context == machine.first) {
        // The first thread stays: the dispatcher ends when all others have.
        assert_int_equal(thread_scheduler.count, 1);
        machine.action = FINISH;
        leave_thread(context);
    }
    thread_exit(status);
}

static void prepare(struct context *context)
{
    getcontext(&context->registers);
    context->registers.uc_stack.ss_sp = context->stack;
    context->registers.uc_stack.ss_size = STACK_BYTES;
    makecontext(&context->registers, first_entry, 0);
}

/* switch.S */

void threads_switch(struct thread *from, struct thread *to)
{
    assert_true(machine.disp.disabled);
    machine.action = GO_ON;
    machine.next = to;
    leave_thread(context_of(from));
}

void threads_enter(struct thread *to)
{
    assert_true(machine.disp.disabled);
    machine.action = GO_ON;
    machine.next = to;
    if (machine.running) {
        leave_thread(machine.running); // for good
    }
    longjmp(machine.top, 1);
}

void threads_save_fp(struct fp_registers *state)
{
    state->fpcr = 1;
}

void threads_restore_fp(const struct fp_registers *state)
{
    assert_int_equal(state->fpcr, 1);
}

/* The kernel */

static void upcall_on_main_stack(void)
{
    machine.disp.disabled = 1;
    machine.action = UPCALL;
}

void fake_chance(void)
{
    if (!machine.one_in || fake_random(machine.one_in)) {
        return;
    }
    machine.clock += fake_random(TICKS_MAX);
    assert_false(machine.disp.disabled);
    upcall_on_main_stack();
    leave_thread(machine.running);
}

void sys_invoke(capaddr_t target, unsigned command, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                uint64_t a6, uint64_t a7)
{
    (void)target, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7;
    if (command == DISPATCHER_WAKE_AT) {
        machine.wake_at = a2;
    }
}

/// Disabled: sleeps until the kernel wakes us as it was asked to, or an interrupt that is not for us does.
errval_t sys_yield(capaddr_t dispatcher)
{
    (void)dispatcher;
    machine.clock++;
    if (!machine.disp.disabled) {
        fake_chance();
        return SYS_ERR_OK;
    }
    if (machine.wake_at == 0) {
        fail_msg("nobody can run, and nobody will be woken");
    }
    if (machine.clock < machine.wake_at && (!machine.one_in || fake_random(4))) {
        machine.clock = machine.wake_at;
    }
    upcall_on_main_stack();
    longjmp(machine.top, 1);
}

errval_t sys_resume(uintptr_t registers)
{
    assert_int_equal(registers, (uintptr_t)&machine.disp.save_enabled);
    assert_ptr_equal(machine.running, NULL);
    machine.action = GO_ON;
    machine.next = thread_scheduler.current;
    assert_ptr_equal(machine.next->resume, NULL);
    longjmp(machine.top, 1);
}

/* The library */

struct dispatcher_shared *curdispatcher(void)
{
    return &machine.disp;
}

struct dispatcher_shared *disp_disable(void)
{
    fake_chance();
    assert_false(machine.disp.disabled);
    machine.disp.disabled = 1;
    return &machine.disp;
}

void disp_enable(struct dispatcher_shared *disp)
{
    assert_true(disp->disabled);
    disp->disabled = 0;
    fake_chance();
}

void *fake_thread_pointer(void)
{
    return thread_scheduler.current ? (void *)thread_scheduler.current->tp : (void *)&machine;
}

uint64_t clock_ticks(void)
{
    return machine.clock;
}

uint64_t clock_now_us(void)
{
    return machine.clock;
}

uint64_t clock_ticks_of_us(uint64_t us)
{
    return us;
}

bool lmp_endpoint_has_news(const struct lmp_endpoint *ep)
{
    (void)ep;
    return false;
}

void sync_misused(const char *what)
{
    fail_msg("%s", what);
    abort();
}

errval_t thread_memory_alloc(size_t stack_bytes, struct thread **ret)
{
    (void)stack_bytes;
    struct context *context = aligned_alloc(64, (sizeof(*context) + 63) / 64 * 64);
    memset(&context->thread, 0, sizeof(context->thread));
    context->thread.stack_base = (lvaddr_t)context->stack;
    context->thread.stack_top = (lvaddr_t)context->stack + STACK_BYTES;
    context->thread.tp = (lvaddr_t)context;
    context->thread.frame.cnode.croot = 1; // not null: the memory is its own
    prepare(context);
    machine.memories++;
    *ret = &context->thread;
    return SYS_ERR_OK;
}

void thread_memory_free(struct thread *thread)
{
    machine.memories--;
    free(thread);
}

/* The stack of main() */

static void loop(void)
{
    if (setjmp(machine.top)) {
        // Behind an upcall or a sleep, whose frames are forgotten.
    }
    while (machine.action != FINISH) {
        if (machine.action == UPCALL) {
            // A wake-up that is over comes once.
            machine.wake_at = machine.wake_at <= machine.clock ? 0 : machine.wake_at;
            threads_run(&machine.disp);
        }
        struct thread *next = machine.next;
        if (next->resume) {
            next->resume(next);
        } else {
            enter_thread(context_of(next));
        }
    }
}

void fake_dispatcher_run(uint64_t seed, unsigned one_in, thread_func_t function)
{
    struct thread *first;
    // Time goes on from test to test: the library keeps when it last asked to be woken.
    const uint64_t clock = machine.clock > machine.wake_at ? machine.clock : machine.wake_at;
    memset(&machine, 0, sizeof(machine));
    memset(&thread_scheduler, 0, sizeof(thread_scheduler));
    machine.random = seed * 0x9e3779b97f4a7c15 + 1;
    machine.one_in = one_in;
    machine.clock = clock + 1;
    thread_memory_alloc(0, &first);
    machine.first = (struct context *)first;
    first->function = function;
    threads_start(0, 0);
    machine.action = GO_ON;
    machine.next = thread_scheduler.current;
    loop();
    thread_memory_free(first);
    assert_int_equal(machine.memories, 0);
}
