/**
 * The process server: starts processes, knows how they do, and takes everything back when they have ended.
 */
#include "ends.h"
#include "operations.h"
#include "start.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <cap/recall.h>

int main(void)
{
    start_init();
    errval_t err = recall_begin();
    if (err_is_ok(err)) {
        err = ends_init();
    }
    if (err_is_ok(err)) {
        err = rpc_export("proc", &proc_service);
    }
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "offering processes");
    }
    rpc_serve();
}
