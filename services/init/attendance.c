#include "attendance.h"

#include "cores.h"
#include "intermon.h"

#include <aos/aos.h>
#include <stdlib.h>

static struct attendance {
    const struct rpc_session *by;
    struct capref endpoint;
    struct attendance *next;
} *all;

static struct attendance **find(const struct rpc_session *by)
{
    struct attendance **link = &all;
    while (*link && (*link)->by != by) {
        link = &(*link)->next;
    }
    return link;
}

static void drop(struct attendance **link)
{
    struct attendance *attendance = *link;
    *link = attendance->next;
    cap_discard(attendance->endpoint);
    free(attendance);
}

errval_t attendance_add(const struct rpc_session *by, struct capref endpoint)
{
    attendance_of_gone(by);
    struct attendance *attendance = malloc(sizeof(*attendance));
    if (!attendance) {
        return LIB_ERR_MALLOC_FAIL;
    }
    *attendance = (struct attendance){by, endpoint, all};
    all = attendance;
    return SYS_ERR_OK;
}

void attendance_of_gone(const struct rpc_session *by)
{
    struct attendance **link = find(by);
    if (*link) {
        drop(link);
    }
}

static void end_here(void)
{
    while (all) {
        drop(&all);
    }
}

static void handle_gone(coreid_t from, const struct intermon_message *message)
{
    (void)message;
    if (from == HOME_CORE) {
        end_here();
    }
}

void attendance_end(void)
{
    const struct intermon_message message = {.kind = INTERMON_NAMES_GONE};
    end_here();
    for (uint64_t others = intermon_running() & ~(1UL << disp_get_core_id()); others; others &= others - 1) {
        errval_t err = intermon_send((coreid_t)__builtin_ctzl(others), &message);
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "telling a core of the name server's end");
        }
    }
}

void attendance_init(void)
{
    intermon_handle(INTERMON_NAMES_GONE, handle_gone);
}
