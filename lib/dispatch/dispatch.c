#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <aos/kernel.h>
#include <aos/text.h>
#include <dispatch/dispatch.h>
#include <threads/threads.h>

#define UPCALL_STACK_BYTES 4096
#define BACKTRACE_DEPTH    16

static struct {
    _Alignas(16) char upcall_stack[UPCALL_STACK_BYTES];
} state;

void dispatch_start(struct dispatcher_shared *disp, lvaddr_t stack_top)
{
    threads_start(USER_STACK, stack_top);
    disp->upcall_run = (lvaddr_t)dispatch_upcall_run;
    disp->upcall_fault = (lvaddr_t)dispatch_upcall_fault;
    disp->upcall_stack = (lvaddr_t)(state.upcall_stack + UPCALL_STACK_BYTES);
    // From here on the kernel may make upcalls: everything above must be in memory.
    __atomic_store_n(&disp->disabled, 0, __ATOMIC_RELEASE);
}

/// The stack that a thread runs on: its own, or that for its faults. \return its lowest address in use
static lvaddr_t stack_of(const struct thread *thread, lvaddr_t sp, lvaddr_t *top)
{
    if (sp > thread->fault_stack_base && sp <= thread->fault_stack_top) {
        *top = thread->fault_stack_top;
        return sp;
    }
    *top = thread->stack_top;
    return sp > thread->stack_base && sp <= *top ? sp : thread->stack_base;
}

/**
 * Follows frame records (Arm procedure call standard, 6.4.6) from a frame pointer that may hold anything:
 * each record must lie in the stack, above what is not in use, and above the one before.
 */
void dispatch_add_backtrace(struct text *line, const struct thread *thread, lvaddr_t sp, lvaddr_t frame)
{
    lvaddr_t top, lowest = stack_of(thread, sp, &top);
    for (unsigned depth = 0; depth < BACKTRACE_DEPTH; depth++) {
        if (frame % 16 || frame < lowest || frame > top - 16) {
            return;
        }
        const uint64_t *record = (const uint64_t *)frame;
        if (record[1] == 0) {
            return;
        }
        text_add(line, depth ? " " : "");
        text_add_hex(line, record[1]);
        lowest = frame + 16;
        frame = record[0];
    }
}

void dispatch_describe_fault(struct text *line, const struct registers *registers, uint64_t kind,
                             lvaddr_t address, const char *why)
{
    static const char *const kinds[] = {"read", "write", "execute", "trap", "bus"};
    struct dispatcher_shared *disp = curdispatcher();
    text_add(line, "fault: domain=");
    disp->name[sizeof(disp->name) - 1] = 0;
    text_add(line, disp->name);
    text_add(line, " thread=");
    text_add_unsigned(line, thread_scheduler.current->number);
    text_add(line, " kind=");
    text_add(line, kind < ARRAY_LENGTH(kinds) ? kinds[kind] : "unknown");
    text_add(line, " address=");
    text_add_hex(line, address);
    text_add(line, " pc=");
    text_add_hex(line, registers->pc);
    text_add(line, " backtrace=");
    dispatch_add_backtrace(line, thread_scheduler.current, registers->sp, registers->x[29]);
    if (why) {
        text_add(line, " why: ");
        text_add(line, why);
    }
    text_add(line, "\n");
}

const struct domain_arguments *domain_arguments(void)
{
    const struct domain_arguments *arguments = (const struct domain_arguments *)USER_ARGS;
    return arguments->magic == ARGUMENTS_MAGIC ? arguments : NULL;
}

const char *disp_name(void)
{
    return curdispatcher()->name;
}

uint32_t disp_get_number(void)
{
    return curdispatcher()->number;
}

coreid_t disp_get_core_id(void)
{
    return curdispatcher()->core;
}

size_t disp_frame_bytes(void)
{
    const struct domain_arguments *arguments = domain_arguments();
    return arguments ? arguments->dispatcher_bytes : INIT_DISPATCHER_BYTES;
}

domainid_t disp_get_domain_id(void)
{
    const struct domain_arguments *arguments = domain_arguments();
    return arguments ? arguments->pid : (domainid_t)disp_get_core_id() << PID_CORE_SHIFT | 1;
}
