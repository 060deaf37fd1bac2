using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tidemark.TestKit.Processes;

/// <summary>The two system calls that .NET does not offer: signals to another process and a change of owner.</summary>
internal static partial class Posix
{
    /// <summary>Debian's <c>nobody</c>: exists everywhere, owns nothing, and initdb accepts it because it has a passwd entry.</summary>
    public const uint Nobody = 65534;

    private const int NoSuchProcess = 3;

    public static bool IsRoot => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    /// <returns>False when the process is already gone.</returns>
    public static bool Signal(int processId, PosixSignalNumber signal)
    {
        if (Kill(processId, (int)signal) == 0)
            return true;

        int error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error, $"kill({processId}, {signal}) failed");
    }

    public static bool IsAlive(int processId) => Kill(processId, 0) == 0 || Marshal.GetLastPInvokeError() != NoSuchProcess;

    public static void GiveToNobody(string path)
    {
        if (Chown(path, Nobody, Nobody) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"chown({path}) failed");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint owner, uint group);
}
