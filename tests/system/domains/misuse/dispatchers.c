#include "misuse.h"

#include <rt/syscall.h>
#include <string.h>

#define FRAME_BYTES    USER_DISPATCHER_BYTES
#define STACK_BYTES    4096
#define MAX_YIELDS     8 ///< A dispatcher that has not ended after these waits or spins, and is stopped.
#define KERNEL_ADDRESS 0xffff000000080000UL
#define HOSTILE_SPSR   0xffffffff000003c5UL ///< Kernel mode, interrupts off, and everything else set.
#define STOP_CODE      42

/*
 * Each dispatcher runs in our own CSpace and address space, with a frame of its own, and does one thing that
 * must end only itself.
 */
struct hostile {
    const char *what;
    void (*prepare)(struct dispatcher_shared *disp); ///< Fills the frame; the rest is zero.
    unsigned reason;                                 ///< How it must end.
};

static _Alignas(16) char stack[STACK_BYTES];
static lvaddr_t frame_address;

/* What they run. There is no thread-local data and no console here. */

static _Noreturn void stop(void)
{
    for (;;) {
        sys_invoke(0, 0, 0, 0, 0, 0, 0, 0);
        sys_yield(0);
    }
}

/// Stores something on its stack.
static _Noreturn void use_stack(void)
{
    volatile uint64_t local[2];
    local[0] = local[1] = 1;
    stop();
}

static _Noreturn void spin(void)
{
    for (;;) {
        __asm__ volatile("yield");
    }
}

/// Reads a register that only the kernel may read: a trap, unless the kernel believed the saved processor
/// state.
static _Noreturn void try_privilege(void)
{
    uint64_t level;
    __asm__ volatile("mrs %0, CurrentEL" : "=r"(level));
    stop();
}

static _Noreturn void resume_hostile(struct dispatcher_shared *disp)
{
    struct registers *registers = &disp->save_enabled;
    memset(registers, 0xff, sizeof(*registers));
    registers->pc = KERNEL_ADDRESS;
    registers->spsr = HOSTILE_SPSR;
    disp->upcall_fault = 0;
    sys_resume((uintptr_t)registers);
    stop();
}

static _Noreturn void resume_privileged(struct dispatcher_shared *disp)
{
    struct registers *registers = &disp->save_enabled;
    registers->pc = (lvaddr_t)try_privilege;
    registers->sp = (lvaddr_t)(stack + STACK_BYTES);
    registers->spsr = HOSTILE_SPSR;
    disp->upcall_fault = 0;
    sys_resume((uintptr_t)registers);
    stop();
}

static _Noreturn void wait_for_ever(struct dispatcher_shared *disp)
{
    disp->upcall_run = (lvaddr_t)spin;
    disp->upcall_stack = (lvaddr_t)(stack + STACK_BYTES);
    disp->disabled = 0;
    for (;;) {
        sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}

/// Waits while disabled, which must be refused, then faults to show that it was.
static _Noreturn void wait_disabled(struct dispatcher_shared *disp)
{
    struct lmp_message m = sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
    if (m.err == SYS_ERR_LMP_WAIT_DISABLED) {
        *(volatile uint64_t *)(disp->self + FRAME_BYTES * 16) = 0;
    }
    spin();
}

/// The code of a page fault handler that faults itself.
static _Noreturn void fault_again(void)
{
    *(volatile uint64_t *)KERNEL_ADDRESS = 0;
    spin();
}

static _Noreturn void fault_in_handler(struct dispatcher_shared *disp)
{
    disp->upcall_fault = (lvaddr_t)fault_again;
    disp->upcall_stack = (lvaddr_t)(stack + STACK_BYTES);
    disp->disabled = 0;
    fault_again();
}

/* How their frames begin. */

static void start_at(struct dispatcher_shared *disp, const void *entry)
{
    disp->disabled = 1;
    disp->self = frame_address;
    disp->save_disabled.x[0] = frame_address;
    disp->save_disabled.sp = (lvaddr_t)(stack + STACK_BYTES);
    disp->save_disabled.pc = (lvaddr_t)entry;
}

static void at_kernel_address(struct dispatcher_shared *disp)
{
    memset(&disp->save_disabled, 0xff, sizeof(disp->save_disabled));
    disp->disabled = 0xffffffff;
    disp->save_disabled.pc = KERNEL_ADDRESS;
    disp->save_disabled.spsr = HOSTILE_SPSR;
}

static void at_odd_address(struct dispatcher_shared *disp)
{
    start_at(disp, (const char *)(lvaddr_t)spin + 2);
}

static void with_kernel_stack(struct dispatcher_shared *disp)
{
    start_at(disp, (const void *)(lvaddr_t)use_stack);
    disp->save_disabled.sp = KERNEL_ADDRESS;
}

static void with_kernel_upcall(struct dispatcher_shared *disp)
{
    disp->upcall_run = KERNEL_ADDRESS;
    disp->upcall_stack = KERNEL_ADDRESS;
    disp->any = (struct lmp_count){.delivered = 0xffffffff, .consumed = 1};
}

static void with_wild_pointers(struct dispatcher_shared *disp)
{
    memset(disp, 0xff, FRAME_BYTES);
    disp->save_disabled.pc = ~3UL; // aligned: which fault comes first is not the question here
}

#define STARTS_AT(function)                                      \
    static void start_##function(struct dispatcher_shared *disp) \
    {                                                            \
        start_at(disp, (const void *)(lvaddr_t)function);        \
    }

STARTS_AT(stop)
STARTS_AT(spin)
STARTS_AT(try_privilege)
STARTS_AT(resume_hostile)
STARTS_AT(resume_privileged)
STARTS_AT(wait_for_ever)
STARTS_AT(wait_disabled)
STARTS_AT(fault_in_handler)

static const struct hostile hostiles[] = {
    {"starts at a kernel address", at_kernel_address, END_REASON_FAULT},
    {"starts at an odd address", at_odd_address, END_REASON_TRAP},
    {"has a kernel address as its stack", with_kernel_stack, END_REASON_FAULT},
    {"has a kernel address as its upcall", with_kernel_upcall, END_REASON_FAULT},
    {"has a frame of ones", with_wild_pointers, END_REASON_FAULT},
    {"yields for ever", start_stop, END_REASON_STOPPED},
    {"spins for ever", start_spin, END_REASON_STOPPED},
    {"reads a kernel register", start_try_privilege, END_REASON_TRAP},
    {"resumes at a kernel address", start_resume_hostile, END_REASON_FAULT},
    {"resumes with a privileged state", start_resume_privileged, END_REASON_TRAP},
    {"waits for ever", start_wait_for_ever, END_REASON_STOPPED},
    {"waits while disabled", start_wait_disabled, END_REASON_FAULT},
    {"faults in its fault upcall", start_fault_in_handler, END_REASON_FAULT},
};

/// Runs one; stops it if it does not end by itself. \return how it ended
static unsigned run_to_end(capaddr_t dispatcher)
{
    struct sys_result status;
    for (unsigned i = 0; i < MAX_YIELDS; i++) {
        sys_yield(0);
        status = sys_invoke(dispatcher, DISPATCHER_STATUS, 0, 0, 0, 0, 0, 0);
        if (status.value[0] == DISPATCHER_STATE_ENDED) {
            return (unsigned)status.value[1];
        }
    }
    sys_invoke(dispatcher, DISPATCHER_STOP, STOP_CODE, 0, 0, 0, 0, 0);
    status = sys_invoke(dispatcher, DISPATCHER_STATUS, 0, 0, 0, 0, 0, 0);
    if (status.value[0] != DISPATCHER_STATE_ENDED || status.value[2] != STOP_CODE) {
        result_fail("a dispatcher did not stop", status.value[0]);
    }
    return (unsigned)status.value[1];
}

static errval_t run_hostile(const struct hostile *hostile, struct capref dispatcher, struct capref frame)
{
    struct dispatcher_shared *disp = (struct dispatcher_shared *)frame_address;
    memset(disp, 0, FRAME_BYTES);
    hostile->prepare(disp);
    errval_t err = ram_alloc_object(dispatcher, ObjType_Dispatcher, OBJSIZE_Dispatcher, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        return err;
    }
    struct capability_info memory;
    err = cap_identify(dispatcher, &memory);
    uint64_t spaces = TASKCN_SLOT_ROOTCN | (uint64_t)get_cap_addr(cap_vroot) << 32;
    if (err_is_ok(err)) {
        err = sys_invoke(get_cap_addr(dispatcher), DISPATCHER_SETUP, spaces, get_cap_addr(frame),
                         frame_address, 0, 0, 0)
                  .err;
    }
    if (err_is_ok(err)) {
        err = sys_invoke(get_cap_addr(dispatcher), DISPATCHER_RUN, 0, 0, 0, 0, 0, 0).err;
    }
    if (err_is_ok(err)) {
        unsigned reason = run_to_end(get_cap_addr(dispatcher));
        if (reason != hostile->reason) {
            result_fail(hostile->what, reason);
        }
    }
    cap_delete(dispatcher);
    ram_free_region(memory.base, BASE_PAGE_SIZE);
    return err;
}

void misuse_dispatchers(void)
{
    struct capref dispatcher = NULL_CAP, frame;
    void *window = NULL;
    errval_t err = frame_alloc(&frame, FRAME_BYTES, NULL);
    if (err_is_ok(err)) {
        err = paging_map_frame(get_current_paging_state(), &window, FRAME_BYTES, frame);
    }
    if (err_is_ok(err)) {
        err = slot_alloc(&dispatcher);
    }
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "preparing hostile dispatchers");
    }
    frame_address = (lvaddr_t)window;
    for (size_t i = 0; i < ARRAY_LENGTH(hostiles); i++) {
        err = run_hostile(&hostiles[i], dispatcher, frame);
        if (err_is_fail(err)) {
            USER_PANIC_ERR(err, "running a dispatcher that %s", hostiles[i].what);
        }
    }
    slot_free(dispatcher);
    paging_unmap(get_current_paging_state(), window);
    ram_free(frame);
}
