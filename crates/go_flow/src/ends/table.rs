//! The calls that never return, as data. To add a library, add rows; nothing else needs to change.

use crate::cfg::End;

/// Functions or methods with these names end like this.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The import path, as the build knows it.
    pub(super) package: &'static str,
    /// The types that declare the methods; none for functions.
    pub(super) types: &'static [&'static str],
    /// The names.
    pub(super) names: &'static [&'static str],
    /// What happens.
    pub(super) end: End,
    /// Whether it happens always; if not, the call returns as well.
    pub(super) always: bool,
}

const fn functions(package: &'static str, names: &'static [&'static str], end: End) -> Row {
    Row {
        package,
        types: &[],
        names,
        end,
        always: true,
    }
}

const fn methods(
    package: &'static str,
    types: &'static [&'static str],
    names: &'static [&'static str],
    end: End,
) -> Row {
    Row {
        package,
        types,
        names,
        end,
        always: true,
    }
}

const fn sometimes(row: Row) -> Row {
    Row {
        always: false,
        ..row
    }
}

const FATAL: &[&str] = &["Fatal", "Fatalf", "Fatalln"];
const PANIC: &[&str] = &["Panic", "Panicf", "Panicln"];
const GLOG: &[&str] = &[
    "Fatal",
    "FatalDepth",
    "FatalDepthf",
    "Fatalf",
    "Fatalln",
    "FatalContext",
    "FatalContextf",
    "FatalContextDepth",
    "FatalContextDepthf",
    "Exit",
    "ExitDepth",
    "ExitDepthf",
    "Exitf",
    "Exitln",
    "ExitContext",
    "ExitContextf",
];
const LOGRUS: &[&str] = &["Logger", "Entry"];
const TESTING: &[&str] = &["T", "B", "F", "TB", "common"];
const TEST_ENDS: &[&str] = &["FailNow", "Fatal", "Fatalf", "Skip", "SkipNow", "Skipf"];

const LOGRUS_PATH: &str = "github.com/sirupsen/logrus";
const ZAP_PATH: &str = "go.uber.org/zap";

/// All rows. The order does not matter.
pub(super) const ROWS: &[Row] = &[
    // The standard library.
    functions("os", &["Exit"], End::Process),
    functions("syscall", &["Exit", "ExitProcess"], End::Process),
    sometimes(functions("syscall", &["Exec"], End::Process)),
    functions("runtime", &["Goexit"], End::Goexit),
    functions("log", FATAL, End::Process),
    functions("log", PANIC, End::Panic),
    methods("log", &["Logger"], FATAL, End::Process),
    methods("log", &["Logger"], PANIC, End::Panic),
    methods("testing", TESTING, TEST_ENDS, End::Goexit),
    // golang.org/x
    functions("golang.org/x/sys/unix", &["Exit"], End::Process),
    sometimes(functions("golang.org/x/sys/unix", &["Exec"], End::Process)),
    functions("golang.org/x/sys/windows", &["ExitProcess"], End::Process),
    // Loggers.
    functions("github.com/golang/glog", GLOG, End::Process),
    functions("k8s.io/klog", GLOG, End::Process),
    functions("k8s.io/klog/v2", GLOG, End::Process),
    functions("k8s.io/klog", &["FlushAndExit"], End::Process),
    functions("k8s.io/klog/v2", &["FlushAndExit"], End::Process),
    functions(
        LOGRUS_PATH,
        &["Fatal", "Fatalf", "Fatalln", "FatalFn", "Exit"],
        End::Process,
    ),
    functions(
        LOGRUS_PATH,
        &["Panic", "Panicf", "Panicln", "PanicFn"],
        End::Panic,
    ),
    methods(
        LOGRUS_PATH,
        LOGRUS,
        &["Fatal", "Fatalf", "Fatalln", "FatalFn"],
        End::Process,
    ),
    methods(
        LOGRUS_PATH,
        LOGRUS,
        &["Panic", "Panicf", "Panicln", "PanicFn"],
        End::Panic,
    ),
    methods(LOGRUS_PATH, &["Logger"], &["Exit"], End::Process),
    methods(ZAP_PATH, &["Logger"], &["Fatal"], End::Process),
    methods(ZAP_PATH, &["Logger"], &["Panic"], End::Panic),
    methods(
        ZAP_PATH,
        &["SugaredLogger"],
        &["Fatal", "Fatalf", "Fatalln", "Fatalw"],
        End::Process,
    ),
    methods(
        ZAP_PATH,
        &["SugaredLogger"],
        &["Panic", "Panicf", "Panicln", "Panicw"],
        End::Panic,
    ),
    functions("github.com/apex/log", &["Fatal", "Fatalf"], End::Process),
    methods(
        "github.com/apex/log",
        &["Logger", "Entry"],
        &["Fatal", "Fatalf"],
        End::Process,
    ),
    functions(
        "github.com/charmbracelet/log",
        &["Fatal", "Fatalf"],
        End::Process,
    ),
    methods(
        "github.com/charmbracelet/log",
        &["Logger"],
        &["Fatal", "Fatalf"],
        End::Process,
    ),
    functions(
        "github.com/kataras/golog",
        &["Fatal", "Fatalf"],
        End::Process,
    ),
    methods(
        "github.com/kataras/golog",
        &["Logger"],
        &["Fatal", "Fatalf"],
        End::Process,
    ),
    methods(
        "github.com/op/go-logging",
        &["Logger"],
        &["Fatal", "Fatalf"],
        End::Process,
    ),
    methods(
        "github.com/op/go-logging",
        &["Logger"],
        &["Panic", "Panicf"],
        End::Panic,
    ),
    // Command lines.
    sometimes(functions(
        "github.com/spf13/cobra",
        &["CheckErr"],
        End::Process,
    )),
    functions(
        "github.com/alecthomas/kingpin",
        &["Fatalf", "FatalUsage"],
        End::Process,
    ),
    functions(
        "github.com/alecthomas/kingpin/v2",
        &["Fatalf", "FatalUsage"],
        End::Process,
    ),
    sometimes(functions(
        "github.com/alecthomas/kingpin",
        &["FatalIfError"],
        End::Process,
    )),
    sometimes(functions(
        "github.com/alecthomas/kingpin/v2",
        &["FatalIfError"],
        End::Process,
    )),
    // Tests.
    methods(
        "gopkg.in/check.v1",
        &["C"],
        &["FailNow", "Fatal", "Fatalf", "Skip"],
        End::Goexit,
    ),
    functions("github.com/onsi/ginkgo", &["Fail", "Skip"], End::Panic),
    functions(
        "github.com/onsi/ginkgo/v2",
        &["Fail", "Skip", "AbortSuite"],
        End::Panic,
    ),
    functions(
        "github.com/stretchr/testify/require",
        &["Fail", "FailNow", "Failf", "FailNowf"],
        End::Goexit,
    ),
];

/// Names of methods that a receiver of unknown type most likely ends something with.
pub(super) const SUSPECTS: &[(&str, End)] = &[
    ("Fatal", End::Process),
    ("Fatalf", End::Process),
    ("Fatalln", End::Process),
    ("FailNow", End::Goexit),
];

/// Packages all of whose functions may end the test.
pub(super) const ASSERTIONS: &[&str] = &["github.com/stretchr/testify/require"];

/// Loggers that are built up by a chain of calls which ends in one of the `last` methods of the
/// type `event`; the name of the first call of the chain decides what happens then.
pub(super) struct Chain {
    pub(super) package: &'static str,
    /// Another package whose functions start such chains.
    pub(super) global: &'static str,
    pub(super) logger: &'static str,
    pub(super) event: &'static str,
    pub(super) first: &'static [(&'static str, End)],
    pub(super) last: &'static [&'static str],
}

/// All chains.
pub(super) const CHAINS: &[Chain] = &[Chain {
    package: "github.com/rs/zerolog",
    global: "github.com/rs/zerolog/log",
    logger: "Logger",
    event: "Event",
    first: &[("Fatal", End::Process), ("Panic", End::Panic)],
    last: &["Msg", "Msgf", "MsgFunc", "Send"],
}];
