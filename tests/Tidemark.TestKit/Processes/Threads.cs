namespace Tidemark.TestKit.Processes;

/// <summary>What the kernel says of the threads of a process.</summary>
internal static class Threads
{
    /// <summary>
    /// Whether no thread of a process can run; also true when it is gone. Without <c>/proc</c> it is not known, and true.
    /// </summary>
    public static bool AllStopped(int processId)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{processId}/task").All(thread => StateOf(thread) is 'T' or 't' or 'Z' or 'X');
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
    }

    // The name stands in parentheses and may hold some itself; the state is the letter after the last one.
    private static char StateOf(string thread)
    {
        try
        {
            string text = File.ReadAllText(Path.Combine(thread, "stat"));
            return text[text.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return 'X'; // It has ended since it was listed.
        }
    }
}
