namespace Tidemark.TestKit.Processes;

/// <summary>The signals the kit sends, with Linux's numbers.</summary>
internal enum PosixSignalNumber
{
    None = 0,
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
