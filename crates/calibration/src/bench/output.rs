//! What a run of the benchmark printed.

/// One run: for each case the fastest sample, in ns for one call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) version: String,
    pub(super) goos: String,
    pub(super) goarch: String,
    pub(super) cores: u32,
    pub(super) times: Vec<f64>,
    pub(super) memory: Vec<Memory>,
}

/// What one call of a case allocates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Memory {
    pub(super) allocations: f64,
    pub(super) bytes: f64,
    pub(super) collections: f64,
}

/// Reads what was printed for so many cases. The error is the line that cannot be.
pub(super) fn parse(text: &str, cases: usize) -> Result<Run, String> {
    let mut run = Run {
        version: String::new(),
        goos: String::new(),
        goarch: String::new(),
        cores: 0,
        // Disturbances only ever add: the fastest sample of a run is the truest.
        times: vec![f64::INFINITY; cases],
        memory: vec![Memory::default(); cases],
    };
    let mut is_whole = false;
    for line in text.lines() {
        if line == "end" {
            is_whole = true;
        } else {
            read(line, &mut run).ok_or_else(|| line.to_owned())?;
        }
    }
    if !is_whole || run.version.is_empty() {
        return Err("it ended too early".to_owned());
    }
    match run.times.iter().position(|time| !time.is_finite()) {
        Some(missing) => Err(format!("case {missing} was not measured")),
        None => Ok(run),
    }
}

fn read(line: &str, run: &mut Run) -> Option<()> {
    let words: Vec<&str> = line.split(' ').collect();
    // No time that can be measured is negative, or longer than an hour.
    let number = |word: &str| {
        let number: f64 = word.parse().ok()?;
        (0.0..4e12).contains(&number).then_some(number)
    };
    match *words.as_slice() {
        ["go", version, goos, goarch, cores] => {
            version.clone_into(&mut run.version);
            goos.clone_into(&mut run.goos);
            goarch.clone_into(&mut run.goarch);
            run.cores = cores.parse().ok()?;
        }
        ["sample", case, time] => {
            let fastest = run.times.get_mut(case.parse::<usize>().ok()?)?;
            *fastest = fastest.min(number(time)?);
        }
        ["memory", case, allocations, bytes, collections] => {
            *run.memory.get_mut(case.parse::<usize>().ok()?)? = Memory {
                allocations: number(allocations)?,
                bytes: number(bytes)?,
                collections: number(collections)?,
            };
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "go go1.27.3 linux amd64 2\nmemory 1 2 32 0.5\nsample 0 4.5\nsample 1 9\nsample 0 4.25\nsample 1 10\nend\n";

    #[test]
    fn the_fastest_sample_counts() {
        let run = parse(RIGHT, 2).expect("a whole run");
        assert_eq!(run.times, [4.25, 9.0]);
        assert_eq!(run.cores, 2);
        assert_eq!(run.memory[1].bytes, 32.0);
    }

    #[test]
    fn what_is_not_ours_is_an_error() {
        for (from, to, said) in [
            ("end\n", "", "too early"),
            ("sample 0 4.25", "sample 7 4.25", "sample 7"),
            ("sample 0 4.25", "sample 0 NaN", "NaN"),
            ("sample 0 4.25", "sample 0 -1", "-1"),
            ("sample 0 4.25", "hello", "hello"),
            ("go go1.27.3 linux amd64 2\n", "", "too early"),
        ] {
            let error = parse(&RIGHT.replace(from, to), 2).expect_err(to);
            assert!(error.contains(said), "{to}: {error}");
        }
        let error = parse(RIGHT, 3).expect_err("a case is missing");
        assert_eq!(error, "case 2 was not measured");
    }
}
