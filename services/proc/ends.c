#include "ends.h"

#include "allowance.h"
#include "watch.h"

#include <aos/aos.h>
#include <rt/syscall.h>

#define RING_SLOTS 256 ///< Ends that can wait to be noticed.

static struct {
    struct lmp_chan ring; ///< Only the kernel's own messages can come here.
    unsigned taken;       ///< Messages since the ring was seen to be empty.
    struct process *dying, **last_dying;
    bool is_burying; ///< A thread takes back what processes were made of.
} ends = {.last_dying = &ends.dying};

static void listen(void);

/// Those that run go on without a parent, and nobody waits for the others any more.
static void orphan_children(struct process *process)
{
    while (process->children.first) {
        process_orphan(process->children.first);
    }
    while (process->zombies.first) {
        ends_forget(process->zombies.first);
    }
}

/// It does not run any more.
static void note(struct process *process, const struct process_end *end)
{
    process->state = PROCESS_ENDED;
    process->end = *end;
    process_remove_dispatcher(process);
    process->next_dying = NULL;
    *ends.last_dying = process;
    ends.last_dying = &process->next_dying;
}

/// In the kernel's terms.
static void note_kernel(struct process *process, uint64_t reason, uint64_t address, uint64_t pc)
{
    struct process_end end = {.address = address, .pc = pc};
    switch (reason) {
    case END_REASON_STOPPED:
        end = (struct process_end){.reason = PROCESS_EXITED, .exit_code = (int)(uint32_t)address};
        break;
    case END_REASON_REVOKED:
        end.reason = PROCESS_REVOKED;
        break;
    default:
        end.reason = reason == END_REASON_FAULT ? PROCESS_FAULTED : PROCESS_TRAPPED;
    }
    note(process, &end);
}

static capaddr_t dispatcher_of(const struct process *process)
{
    return get_cap_addr(process->spawn.dispatcher);
}

void ends_check(struct process *process)
{
    struct sys_result result = sys_invoke(dispatcher_of(process), DISPATCHER_STATUS, 0, 0, 0, 0, 0, 0);
    if (err_is_ok(result.err) && result.value[0] == DISPATCHER_STATE_ENDED) {
        note_kernel(process, result.value[1], result.value[2], 0);
    }
}

/// The ring was full: messages may be lost, but not what they told.
static void check_all(void)
{
    struct process *next;
    for (struct process *process = process_next(NULL); process; process = next) {
        next = process_next(process);
        if (process->state == PROCESS_RUNNING && !process->is_starting) {
            ends_check(process);
        }
    }
}

void ends_take_news(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_chan_recv(&ends.ring, &msg, NULL))) {
        ends.taken++;
        struct process *process = process_find_dispatcher((uint32_t)msg.words[1]);
        if (process && msg.words[0] == LMP_DISPATCHER_ENDED) {
            note_kernel(process, msg.words[2], msg.words[3], msg.words[4]);
        }
    }
    if (ends.taken >= RING_SLOTS) {
        check_all();
    }
    ends.taken = 0;
}

static void take_news(void *argument)
{
    (void)argument;
    ends_take_news();
    listen();
    ends_bury();
}

static void listen(void)
{
    errval_t err = lmp_chan_register_recv(&ends.ring, get_default_waitset(), MKCLOSURE(take_news, NULL));
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "listening for ends of processes");
    }
}

errval_t ends_init(void)
{
    errval_t err = lmp_chan_accept(&ends.ring, RING_SLOTS * LMP_RING_SLOT_WORDS, NULL_CAP);
    if (err_is_ok(err)) {
        listen();
    }
    return err;
}

struct capref ends_endpoint(void)
{
    return ends.ring.local_cap;
}

errval_t ends_stop(struct process *process, enum process_reason reason, int exit_code)
{
    const domainid_t pid = process->pid;
    ends_take_news(); // it may have ended by itself
    errval_t err = PROC_ERR_NO_PROCESS;
    if (process_find(pid) == process && process->state == PROCESS_RUNNING) {
        err = sys_invoke(dispatcher_of(process), DISPATCHER_STOP, 0, 0, 0, 0, 0, 0).err;
        note(process, &(struct process_end){.reason = reason, .exit_code = exit_code});
    }
    ends_bury();
    return err;
}

void ends_forget(struct process *process)
{
    struct process *parent = process->parent;
    if (parent) {
        process_orphan(process);
    }
    allowance_give_back(process->allowance, process->ram_bytes);
    process_destroy(process);
    if (parent && parent->child_count == 0) {
        watch_tell_childless(parent);
    }
}

/// Everything of the process has been taken back. Telling may cut clients off, and so end the parent.
static void tell(struct process *process)
{
    watch_tell_everybody(process);
    bool is_known = watch_tell(process);
    if (!is_known && process->parent && !process->is_detached) {
        is_known = watch_tell_parent(process->parent, process);
    }
    if (is_known || !process->parent || process->is_detached) {
        ends_forget(process);
        return;
    }
    process_list_remove(&process->parent->children, process);
    process->is_buried = true;
    process_list_add(&process->parent->zombies, process);
}

void ends_bury(void)
{
    if (ends.is_burying) {
        return; // the thread that does so looks for more
    }
    ends.is_burying = true;
    while (ends.dying) {
        struct process *process = ends.dying;
        ends.dying = process->next_dying;
        if (!ends.dying) {
            ends.last_dying = &ends.dying;
        }
        orphan_children(process);
        watch_tell_childless(process);
        errval_t err = spawn_destroy(&process->spawn);
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "taking back what process %u was made of", (unsigned)process->pid);
        }
        tell(process);
    }
    ends.is_burying = false;
}

void ends_client_gone(struct process *process)
{
    orphan_children(process);
    allowance_give_back(process->allowance, 0);
    process_destroy(process);
}
