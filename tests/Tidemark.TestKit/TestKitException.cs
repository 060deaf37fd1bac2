namespace Tidemark.TestKit;

/// <summary>The test environment is not what a test needs. The message says what to install or set.</summary>
public sealed class TestKitException : Exception
{
    public TestKitException(string message) : base(message)
    {
    }

    public TestKitException(string message, Exception inner) : base(message, inner)
    {
    }
}
