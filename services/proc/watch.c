#include "watch.h"

#include <aos/capabilities.h>
#include <interfaces/observer.h>
#include <interfaces/proc_server.h>
#include <stdlib.h>

/// That one client may have. A program has a thread for each call that waits.
#define WATCHES_MAX 256

/// A place in a list from which it can be taken without knowing the list.
struct watch_links {
    struct watch *next;
    struct watch **from; ///< What points to it.
};

struct watch {
    struct watch_links target; ///< Among those of the process, the parent, or every process.
    struct watch_links own;    ///< Among those of its client.
    struct client *client;
    domainid_t pid;        ///< The client's.
    struct rpc_call *call; ///< NULL for an observer:
    struct rpc_client observer;
};

static struct watch *of_every_process;
static unsigned count;

static void add(struct watch **list, struct watch_links *links, struct watch *watch, size_t offset)
{
    *links = (struct watch_links){.next = *list, .from = list};
    if (links->next) {
        ((struct watch_links *)((char *)links->next + offset))->from = &links->next;
    }
    *list = watch;
}

static void take_out(struct watch_links *links, size_t offset)
{
    *links->from = links->next;
    if (links->next) {
        ((struct watch_links *)((char *)links->next + offset))->from = links->from;
    }
}

static struct watch *create(struct rpc_session *session, struct watch **list)
{
    struct client *client = session->state;
    struct watch *watch = client->watch_count < WATCHES_MAX ? calloc(1, sizeof(*watch)) : NULL;
    if (watch) {
        watch->client = client;
        watch->pid = session->pid;
        add(list, &watch->target, watch, offsetof(struct watch, target));
        add(&client->watches, &watch->own, watch, offsetof(struct watch, own));
        client->watch_count++;
        count++;
    }
    return watch;
}

/// Takes it out of its lists. Answering may cut a client off, which takes others out.
static void detach(struct watch *watch)
{
    take_out(&watch->target, offsetof(struct watch, target));
    take_out(&watch->own, offsetof(struct watch, own));
    watch->client->watch_count--;
    count--;
}

/// A call is answered, an observer goes.
static void finish(struct watch *watch, errval_t err, const struct process *process)
{
    const struct process_end end = process ? process->end : (struct process_end){0};
    if (watch->call) {
        proc_wait_answer(watch->call, err, process ? process->pid : 0, end.reason, end.exit_code, end.address,
                         end.pc);
    } else {
        cap_discard(watch->observer.chan.remote_cap);
    }
    free(watch);
}

/// \return false if it does not take what it is told, or is gone
static bool tell_observer(struct watch *watch, const struct process *process)
{
    const struct process_end *end = &process->end;
    return err_is_ok(
        observer_ended(&watch->observer, process->pid, end->reason, end->exit_code, end->address, end->pc));
}

errval_t watch_call(struct rpc_session *session, struct process *process, struct process *caller)
{
    struct watch *watch = create(session, process ? &process->watches : &caller->child_watches);
    if (!watch) {
        return PROC_ERR_LIMIT;
    }
    watch->call = rpc_defer(session);
    if (!watch->call) {
        detach(watch);
        free(watch);
        return LIB_ERR_MALLOC_FAIL;
    }
    return RPC_LATER;
}

errval_t watch_observe(struct rpc_session *session, struct process *process, struct capref endpoint)
{
    struct watch *watch = create(session, process ? &process->watches : &of_every_process);
    if (!watch) {
        return PROC_ERR_LIMIT;
    }
    rpc_client_send_only(&watch->observer, endpoint);
    return SYS_ERR_OK;
}

bool watch_tell(struct process *process)
{
    bool parent_knows = false;
    while (process->watches) {
        struct watch *watch = process->watches;
        parent_knows |= watch->call && process->parent && watch->pid == process->parent->pid;
        detach(watch);
        if (!watch->call) {
            tell_observer(watch, process);
        }
        finish(watch, SYS_ERR_OK, process);
    }
    return parent_knows;
}

void watch_tell_everybody(const struct process *process)
{
    struct watch *next;
    for (struct watch *watch = of_every_process; watch; watch = next) {
        next = watch->target.next;
        if (!tell_observer(watch, process)) {
            // Its ring is full, or it is gone. It hears that its endpoint is, and so that it has missed
            // something.
            detach(watch);
            finish(watch, SYS_ERR_OK, NULL);
        }
    }
}

bool watch_tell_parent(struct process *parent, const struct process *child)
{
    struct watch *watch = parent->child_watches;
    if (watch) {
        detach(watch);
        finish(watch, SYS_ERR_OK, child);
    }
    return watch != NULL;
}

void watch_tell_childless(struct process *parent)
{
    const domainid_t pid = parent->pid;
    // Answering may cut a client off, and the parent may be gone with it.
    for (; parent && parent->child_watches; parent = process_find(pid)) {
        struct watch *watch = parent->child_watches;
        detach(watch);
        finish(watch, PROC_ERR_NO_CHILD, NULL);
    }
}

void watch_drop_client(struct client *client)
{
    while (client->watches) {
        struct watch *watch = client->watches;
        detach(watch);
        finish(watch, RPC_ERR_PEER_GONE, NULL);
    }
}

unsigned watch_count(void)
{
    return count;
}
