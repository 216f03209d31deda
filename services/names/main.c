/**
 * The name server: services by name and properties (docs/names.md).
 *
 * A handler calls nobody and waits for nobody: an answer that has to wait is deferred, and a domain that does
 * not take what it is told is dropped. Only malloc() may ask the memory server for more, which is below and
 * needs no name.
 */
#include "operations.h"
#include "system.h"

#include <aos/aos.h>

int main(void)
{
    errval_t err = system_watch();
    if (err_is_ok(err)) {
        err = rpc_export("names", &names_service);
    }
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "offering names");
    }
    rpc_serve();
}
